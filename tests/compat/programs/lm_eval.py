"""lm-eval 0.4, `WandbLogger`."""

import wandb
from packaging.version import Version
from wandb.sdk.lib.printer import new_printer

assert Version(wandb.__version__) >= Version("0.13.6")
wandb.require("report-editing:v0")
run = wandb.init(project="lm-eval", job_type="eval")
run.config.update({"task_configs": {"arc": {"n": 1}}, "cli_configs": {"model": "m"}})
new_printer().display("results follow")
for step in range(3):
    run.log({"arc/acc": 0.5}, step=step)
run.summary.update({"arc/acc_stderr": 0.1})
run.finish()
