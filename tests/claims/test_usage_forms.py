"""Every documented form of usage, as a script with only its import changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from claimed import run, runs, show_json

if TYPE_CHECKING:
    from pathlib import Path

IMPORT = "import wandb_nb as wandb\n"
TRAINING = """
import random
wandb.init(project="my-test-project", entity="my-team", config={"learning_rate": 0.001, "epochs": 3, "batch_size": 128})
for epoch in range(wandb.config.epochs):
    wandb.log({"loss": 1 / (epoch + 1), "epoch": epoch})
"""
PIPELINE = """
with wandb.init(project="pipeline", job_type="load-data") as run:
    run.log({"rows": 100})
with wandb.init(project="pipeline", job_type="train") as run:
    run.log({"loss": 1})
"""
REINIT = """
for x in range(10):
    run = wandb.init(project="runs-from-for-loop", reinit=True)
    for y in range(100):
        wandb.log({"metric": x + y})
    run.finish()
"""
CONTEXT = """
for x in range(10):
    run = wandb.init(project="with", reinit=True)
    with run:
        for y in range(100):
            run.log({"metric": x + y})
"""
WITH = """
for x in range(3):
    with wandb.init(project="with") as run:
        run.config.x = x
        run.log({"metric": x})
"""
DEFAULTS = """
config_defaults = {"batch_size": 64, "epochs": 2, "learning_rate": 0.01}
wandb.init(config=config_defaults)
wandb.config.update({"dropout": 0.5})
config = wandb.config
assert config.dropout == 0.5
"""
ARGPARSE = """
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("-b", "--batch-size", type=int, default=8, metavar="N")
args = parser.parse_args()
wandb.init()
wandb.config.update(args)  # adds all of the arguments as config variables
assert wandb.config.batch_size == 8
"""
YAML = """
open("config-special.yaml", "w").write("sgd:\\n  value: true\\nlr:\\n  desc: rate\\n  value: 0.5\\n")
wandb.init(config="config-special.yaml")
assert wandb.config.lr == 0.5
"""
CHANGE = """
wandb.init(project="config_example")
wandb.config["test_split"] = 0.2
wandb.config.epochs = 4
wandb.config.update({"lr": 0.1, "channels": 16})
wandb.config.update({"epochs": 20}, allow_val_change=True)
"""
NAME = """
wandb.init()
print(wandb.run.name)
wandb.run.name = wandb.run.id
wandb.run.save()
"""
NAMED = """
wandb.init(project="p", name="my-run", notes="tweak", tags=["baseline", "paper1"], group="fold-1", job_type="train")
wandb.run.tags += ("new-tag",)
"""
DRYRUN = """
import os
os.environ["WANDB_API_KEY"] = "0123456789" * 4
os.environ["WANDB_MODE"] = "dryrun"
config = {"dataset": "CIFAR10", "machine": "offline cluster", "model": "CNN", "learning_rate": 0.01, "batch_size": 128}
wandb.init(project="offline-demo")
for i in range(100):
    wandb.log({"accuracy": i})
"""
RESUME = """
run = wandb.init(project="resume", id="same", resume=True)
if wandb.run.resumed:
    print("resumed at", wandb.run.step)
for step in range(wandb.run.step, wandb.run.step + 3):
    wandb.log({"step": step})
"""
RESUME_ID = """
import os
os.environ["WANDB_RESUME"] = "allow"
os.environ["WANDB_RUN_ID"] = "generated"
wandb.init()
wandb.log({"a": 1})
"""
SETTINGS = """
wandb.init(settings=wandb.Settings(start_method="fork"))
wandb.log({"a": 1})
"""
THREAD = """
wandb.init(settings=wandb.Settings(start_method="thread"))
wandb.log({"a": 1})
"""
GROUP = """
import os
os.environ["WANDB_RUN_GROUP"] = "experiment-8"
wandb.init(job_type="eval")
wandb.log({"a": 1})
"""
SUMMARY = """
wandb.init(config={"a": 1})
best = 0
for epoch in range(1, 4):
    wandb.log({"accuracy": epoch})
    if epoch > best:
        wandb.run.summary["best_accuracy"] = epoch
        best = epoch
"""
METRIC = """
run = wandb.init()
wandb.define_metric("custom_step")
wandb.define_metric("validation_loss", step_metric="custom_step")
wandb.define_metric("loss", summary="min")
for i in range(10):
    wandb.log({"train_loss": i, "custom_step": i**2, "validation_loss": 1 / (i + 1), "loss": 10 - i})
"""
STEPS = """
wandb.init()
for step in range(5):
    wandb.log({"loss": 0.2}, step=step)
    wandb.log({"accuracy": 0.9}, step=step, commit=True)
wandb.log({"loss": 1}, commit=False)
wandb.log({"accuracy": 0.8})
"""
EXIT = """
wandb.init()
wandb.log({"a": 1})
wandb.finish(exit_code=3)
"""
DISABLED = """
run = wandb.init(mode="disabled")
wandb.log({"a": 1})
run.finish()
"""
SAVE = """
wandb.init(save_code=True)
wandb.log({"a": 1})
"""
CASES = {
    "a training loop": (TRAINING, {"my-test-project": 1}),
    "parts of a pipeline": (PIPELINE, {"pipeline": 2}),
    "runs in a loop": (REINIT, {"runs-from-for-loop": 10}),
    "a run as context": (CONTEXT, {"with": 10}),
    "with in a loop": (WITH, {"with": 3}),
    "config defaults": (DEFAULTS, {"uncategorized": 1}),
    "argparse": (ARGPARSE, {"uncategorized": 1}),
    "a YAML file": (YAML, {"uncategorized": 1}),
    "config changed": (CHANGE, {"config_example": 1}),
    "the name": (NAME, {"uncategorized": 1}),
    "everything named": (NAMED, {"p": 1}),
    "dryrun": (DRYRUN, {"offline-demo": 1}),
    "resume": (RESUME, {"resume": 1}),
    "resume by variables": (RESUME_ID, {"uncategorized": 1}),
    "start method": (SETTINGS, {"uncategorized": 1}),
    "start method on Colab": (THREAD, {"uncategorized": 1}),
    "a group by variable": (GROUP, {"uncategorized": 1}),
    "summary": (SUMMARY, {"uncategorized": 1}),
    "metrics": (METRIC, {"uncategorized": 1}),
    "steps": (STEPS, {"uncategorized": 1}),
    "code": (SAVE, {"uncategorized": 1}),
    "disabled": (DISABLED, {}),
}


@pytest.mark.parametrize(("source", "expected"), CASES.values(), ids=CASES)
def test_a_documented_script_runs(tmp_path: Path, source: str, expected: dict[str, int]) -> None:
    """The script succeeds, and its runs are there, finished, each in its project."""
    done = run(tmp_path, source, head=IMPORT)
    assert done.returncode == 0, done.stderr
    listed = runs(tmp_path)
    assert {each["state"] for each in listed} <= {"finished"}
    assert {
        each["project"]: sum(other["project"] == each["project"] for other in listed) for each in listed
    } == expected


def test_the_stored_data_of_the_scripts(tmp_path: Path) -> None:
    """Rows, config and summary are those that the documented loops logged."""
    run(tmp_path, TRAINING, head=IMPORT)
    fields = show_json(tmp_path)
    assert fields["config"] == {"learning_rate": 0.001, "epochs": 3, "batch_size": 128}
    assert (fields["run"]["rows"], fields["run"]["entity"]) == (3, "my-team")
    run(tmp_path, METRIC, head=IMPORT)
    assert show_json(tmp_path)["summary"]["loss"] == {"min": 1}
    run(tmp_path, STEPS, head=IMPORT)
    assert show_json(tmp_path)["run"]["step"] == 5
    run(tmp_path, SUMMARY, head=IMPORT)
    assert show_json(tmp_path)["summary"]["best_accuracy"] == 3


def test_a_resumed_script(tmp_path: Path) -> None:
    """The same script, run again, continues after its last row, also with the run named by a variable."""
    for _ in range(2):
        run(tmp_path, RESUME, head=IMPORT)
        run(tmp_path, RESUME_ID, head=IMPORT)
    assert {each["id"]: each["steps"] for each in runs(tmp_path)} == {"same": 6, "generated": 2}


def test_an_exit_code(tmp_path: Path) -> None:
    """`finish(exit_code=)` sets the run's exit code."""
    run(tmp_path, EXIT, head=IMPORT)
    assert (show_json(tmp_path)["run"]["exitCode"], runs(tmp_path)[0]["state"]) == (3, "failed")
