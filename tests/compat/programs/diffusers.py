"""diffusers 0.42: the version by the distributions of the package."""

import importlib.metadata
import importlib.util

assert importlib.util.find_spec("wandb") is not None
(name,) = set(importlib.metadata.packages_distributions()["wandb"])
assert tuple(map(int, importlib.metadata.version(name).split(".")[:2])) >= (0, 20)
import numpy as np
import wandb

tracker = wandb.init(project="text2image")
for step in range(3):
    tracker.log({"train_loss": step}, step=step)
tracker.log({"validation": [wandb.Image(np.zeros((4, 4, 3), np.uint8), caption="0: a cat")]}, step=2)
tracker.finish()
