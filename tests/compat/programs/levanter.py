"""super-gradients, NeMo, stable-audio-tools, levanter: code with functions, files, `log(data=)`."""

import os
from pathlib import Path

import numpy as np
import wandb

Path("src/nested").mkdir(parents=True)
Path("src/nested/main.py").write_text("x = 1\n")
Path("src/data.bin").write_text("x")
run = wandb.init(project="levanter", name=None, tags=[], id=None, group=None, resume="allow", mode="offline")
run.log_code("src", name="src", include_fn=lambda path: path.endswith(".py"), exclude_fn=lambda path: "test" in path)
run.summary["num_devices"] = 1
for step in range(3):
    wandb.log(data={"loss": 1.0}, step=step)
points, tone = wandb.Object3D(np.zeros((4, 3))), wandb.Audio(np.zeros(80), sample_rate=8000, caption="silence")
wandb.log({"points": points, "tone": tone, "grads": wandb.Histogram(np_histogram=np.histogram(np.arange(9.0)))}, step=2)
Path("checkpoint.ckpt").write_text("weights")
wandb.save(glob_str="checkpoint.ckpt", base_path=os.getcwd(), policy="end")
wandb.finish()
