"""super-gradients, NeMo, stable-audio-tools, levanter: code with functions, files, `log(data=)`."""

import os
from pathlib import Path

import wandb

Path("src/nested").mkdir(parents=True)
Path("src/nested/main.py").write_text("x = 1\n")
Path("src/data.bin").write_text("x")
run = wandb.init(project="levanter", name=None, tags=[], id=None, group=None, resume="allow", mode="offline")
run.log_code("src", name="src", include_fn=lambda path: path.endswith(".py"), exclude_fn=lambda path: "test" in path)
run.summary["num_devices"] = 1
for step in range(3):
    wandb.log(data={"loss": 1.0}, step=step)
Path("checkpoint.ckpt").write_text("weights")
wandb.save(glob_str="checkpoint.ckpt", base_path=os.getcwd(), policy="end")
wandb.finish()
