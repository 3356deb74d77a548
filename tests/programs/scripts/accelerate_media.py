"""Accelerate's wandb tracker with pictures and tables, once as rows and once as a data frame."""

import numpy as np
import pandas as pd
from accelerate import Accelerator

accelerator = Accelerator(log_with="wandb", cpu=True)
accelerator.init_trackers("programs", init_kwargs={"wandb": {"name": "pictures"}})
tracker = accelerator.get_tracker("wandb")
dice = np.random.default_rng(0)
for step in range(2):
    images = dice.integers(0, 255, (2, 8, 6, 3), dtype=np.uint8)
    tracker.log_images({"samples": images}, step=step)
tracker.log_table("words", columns=["word", "count"], data=[["a", 1], ["b", 2]], step=2)
tracker.log_table("frame", dataframe=pd.DataFrame({"x": [0.5, 1.5], "label": ["cat", None]}), step=3)
accelerator.end_training()
