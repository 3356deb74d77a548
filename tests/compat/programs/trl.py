"""trl 1.16: the module itself is passed as a backend."""

import wandb


def log(backend, step, row):
    """Log through whatever module is in use."""
    backend.log(row, step=step)


wandb.init(project="huggingface")
assert wandb.run.entity is None
assert wandb.run.project == "huggingface"
for step in range(3):
    log(wandb, step, {"reward": step})
wandb.finish()
