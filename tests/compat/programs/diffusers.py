"""diffusers 0.42: the version by the distributions of the package."""

import importlib.metadata
import importlib.util

assert importlib.util.find_spec("wandb") is not None
(name,) = set(importlib.metadata.packages_distributions()["wandb"])
assert tuple(map(int, importlib.metadata.version(name).split(".")[:2])) >= (0, 20)
import wandb

tracker = wandb.init(project="text2image")
for step in range(3):
    tracker.log({"train_loss": step}, step=step)
tracker.finish()
