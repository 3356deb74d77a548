"""Two processes of torchrun on gloo: each logs a run of one group, as W&B's documentation describes it."""

import os

import torch
import torch.distributed as dist
import wandb

dist.init_process_group("gloo")
rank = dist.get_rank()
run = wandb.init(project="programs", group="ddp", name=f"rank-{rank}", job_type="worker", config={"rank": rank})
for step in range(5):
    value = torch.tensor([float(rank + step)])
    dist.all_reduce(value)
    run.log({"sum": value.item(), "local": rank})
run.finish()
dist.destroy_process_group()
assert os.environ["LOCAL_RANK"] == str(rank)
