"""dreamerv3 (elements 3.22): one row per step, by position."""

import numpy as np
import wandb

wandb.init(name="dreamer", project="project")
for step in range(3):
    values = {"h": wandb.Histogram(np.arange(9.0)), "image": wandb.Image(np.zeros((4, 4, 3), np.uint8))}
    wandb.log({"episode/score": float(step), **values}, step=step)
wandb.finish()
