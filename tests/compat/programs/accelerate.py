"""accelerate 1.15, `WandBTracker`: it looks for a distribution named wandb."""

import importlib.metadata
import importlib.util

assert importlib.util.find_spec("wandb") is not None
assert importlib.metadata.metadata("wandb")["Name"] == "wandb"
import wandb

run = wandb.init(project="accelerate", **{})
wandb.config.update({"epochs": 3}, allow_val_change=True)
for step in range(3):
    run.log({"loss": step}, step=step, **{})
run.finish()
