"""rsl-rl, skrl, torchrl, sample-factory: settings of older versions, a server, files by a base path."""

import os

import wandb

settings = wandb.Settings(start_method="fork", base_url="http://localhost:1", _service_wait=60, x_label="rank_0")
run = wandb.init(dir=".", project="rl", settings=settings, anonymous="allow", monitor_gym=False, group="g", tags=None)
os.makedirs("logs", exist_ok=True)
with open("logs/model.pt", "w") as file:
    file.write("weights")
wandb.save("logs/model.pt", base_path="logs")
run.config.update({"env": "e"})
for step in range(3):
    wandb.log({"Loss/surrogate": 0.1}, step=step)
wandb.finish()
