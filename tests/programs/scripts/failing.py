"""A program that ends with an error after a few rows."""

import wandb

wandb.init(project="programs", name="failing", config={"lr": 0.1}, tags=["bad"])
for step in range(5):
    wandb.log({"loss": 1 / (step + 1)}, step=step * 10)
raise RuntimeError("out of luck")
