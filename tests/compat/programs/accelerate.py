"""accelerate 1.15, `WandBTracker`: it looks for a distribution named wandb."""

import importlib.metadata
import importlib.util

assert importlib.util.find_spec("wandb") is not None
assert importlib.metadata.metadata("wandb")["Name"] == "wandb"
import numpy as np
import wandb

run = wandb.init(project="accelerate", **{})
wandb.config.update({"epochs": 3}, allow_val_change=True)
for step in range(3):
    run.log({"loss": step}, step=step, **{})
run.log({"samples": [wandb.Image(image) for image in np.zeros((2, 4, 4, 3), np.uint8)]}, step=2)
run.log({"words": wandb.Table(columns=["word"], data=[["a"]], dataframe=None)}, step=2)
run.finish()
