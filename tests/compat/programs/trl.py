"""trl 1.16: the module itself is passed as a backend."""

import pandas as pd
import wandb


def log(backend, step, row):
    """Log through whatever module is in use."""
    backend.log(row, step=step)


wandb.init(project="huggingface")
assert wandb.run.entity is None
assert wandb.run.project == "huggingface"
for step in range(3):
    log(wandb, step, {"reward": step})
frame = pd.DataFrame({"prompt": ["a"], "reward": [1.0]})
wandb.log({"completions": wandb.Table(dataframe=frame)}, step=2)
wandb.log({"samples": wandb.Table(data=frame)}, step=2)
wandb.finish()
