"""verl 0.9, `Tracking`: settings, and a version that decides which arguments it uses."""

import wandb
from packaging.version import Version

assert Version(wandb.__version__) >= Version("0.20.0")
settings = wandb.Settings(https_proxy="http://proxy.invalid:1")
wandb.init(project="verl", name="ppo", config={"trainer": {"n": 1}}, settings=settings)
for step in range(3):
    wandb.log(data={"critic/kl": step}, step=step)
wandb.finish(exit_code=0)
