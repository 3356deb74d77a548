"""zenml, anemoi, recbole, pykeen, flair, spacy-loggers, textattack, DeepSpeed: names of all sorts."""

import os

import wandb
import wandb.wandb_run

os.environ[wandb.env.MODE] = "offline"
wandb.init(project="attack", settings=wandb.Settings(silent=True), config={"model": {"layers": [1, 2]}})
wandb.run.name = f"run {wandb.run.project_name()}"
wandb.alert(title="t", text="x", level=wandb.AlertLevel.WARN)
for step in range(3):
    wandb.log({"accuracy": 0.9})
assert isinstance(wandb.run, wandb.wandb_run.Run)
wandb.join()
