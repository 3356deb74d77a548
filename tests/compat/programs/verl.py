"""verl 0.9, `Tracking`: settings, and a version that decides which arguments it uses."""

import wandb
from packaging.version import Version

assert Version(wandb.__version__) >= Version("0.20.0")
settings = wandb.Settings(https_proxy="http://proxy.invalid:1")
wandb.init(project="verl", name="ppo", config={"trainer": {"n": 1}}, settings=settings)
for step in range(3):
    wandb.log(data={"critic/kl": step}, step=step)
old = wandb.Table(columns=["step", "input_1"])
new = wandb.Table(columns=old.columns, data=old.data)
new.add_data(2, "a prompt")
wandb.log({"val/generations": new}, step=2)
growing = wandb.Table(columns=old.columns, log_mode="INCREMENTAL")
growing.add_data(2, "a prompt")
wandb.log({"train/generations": growing}, step=2)
wandb.finish(exit_code=0)
