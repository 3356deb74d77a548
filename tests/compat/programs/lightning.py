"""pytorch-lightning 2.6, `WandbLogger`, and its use from a second process."""

import subprocess
import sys
from importlib.metadata import version

from packaging.requirements import Requirement

assert Requirement("wandb>=0.12.10").specifier.contains(version("wandb"))
import wandb
from wandb.sdk.lib import RunDisabled
from wandb.wandb_run import Run

if len(sys.argv) > 1:
    attached = wandb._attach(sys.argv[1])
    attached.log({"child": 1})
    attached.finish()
    sys.exit()
wandb.require("service")
experiment = wandb.init(name=None, project="lightning_logs", dir=".", id=None, resume="allow", anonymous=None)
assert isinstance(experiment, (Run, RunDisabled))
if getattr(experiment, "define_metric", None):
    experiment.define_metric("trainer/global_step")
    experiment.define_metric("*", step_metric="trainer/global_step", step_sync=True)
experiment.config.update({"layers": 2}, allow_val_change=True)
for step in range(2):
    experiment.log({"loss": step, "trainer/global_step": step})
subprocess.run([sys.executable, __file__, experiment._attach_id], check=True)
wandb.finish()
