"""dreamerv3 (elements 3.22): one row per step, by position."""

import wandb

wandb.init(name="dreamer", project="project")
for step in range(3):
    wandb.log({"episode/score": float(step)}, step=step)
wandb.finish()
