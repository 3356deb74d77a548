"""Megatron-LM: the run is passed as a writer, with a type from `wandb.wandb_run`."""

import os

import wandb
from wandb import wandb_run


def report(writer: wandb_run.Run, iteration: int) -> None:
    """Log one iteration."""
    writer.log({"lm-loss": 1.0}, iteration)


os.makedirs("save", exist_ok=True)
wandb.init(dir="save", name="exp", project="megatron", config={"rank": 0}, entity=None)
for iteration in range(3):
    report(wandb.run, iteration)
assert wandb.run.id
wandb.run.finish()
