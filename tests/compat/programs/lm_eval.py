"""lm-eval 0.4, `WandbLogger`."""

import pandas as pd
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
table = wandb.Table(columns=["Tasks", "Value"])
table.add_data("arc", "0.5")
run.log({"evaluation/eval_results": table}, step=2)
run.log({"arc_eval_results": pd.DataFrame({"id": [0], "acc": [1.0]})}, step=2)
artifact = wandb.Artifact("results", type="eval_results")
with artifact.new_file("results.json", mode="w", encoding="utf-8") as file:
    file.write("{}")
run.log_artifact(artifact)
run.finish()
