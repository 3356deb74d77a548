"""mmengine 0.10, `WandbVisBackend`."""

from pathlib import Path

import numpy as np
import wandb

Path("train.py").write_text("x = 1\n")
wandb.init(project="mm", dir=".")
wandb.run.log_code(name="code")
wandb.define_metric("coco/bbox_mAP", summary="max")
wandb.config.update({"work_dir": "w"}, allow_val_change=True)
for step in range(3):
    wandb.log({"img": wandb.Image(np.zeros((4, 4, 3), np.uint8))}, commit=False)
    wandb.log({"loss": step}, commit=True)
wandb.join()
