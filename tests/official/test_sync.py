"""Our runs, sent by the official `wandb sync`: the server then has all logged values."""

from __future__ import annotations

import json
import math
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import yaml
from forked import in_child

import wandb_nb as wandb

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from recording_server import ReceivedRun

    Sync = Callable[[Path], ReceivedRun]

pytestmark = pytest.mark.official


def start(folder: Path, **arguments: Any) -> wandb.Run:
    """Start an offline run in *folder* that prints nothing."""
    settings = wandb.Settings(silent=True, save_code=False)
    return wandb.init(project="p", mode="offline", dir=folder, settings=settings, **arguments)


def users(row: dict[str, Any]) -> dict[str, Any]:
    """Return what the user logged in *row*."""
    return {key: value for key, value in row.items() if not key.startswith("_")}


def test_rows_and_summary_arrive(tmp_path: Path, sync: Sync) -> None:
    """Scalars, nested dicts, texts, None and infinities arrive; the summary lacks a None at the top, but no other."""
    logged = [
        {"loss": 1 / (n + 1), "deep": {"a": {"b": n}, "none": None}, "text": f"é{n}\n", "none": None}
        for n in range(300)
    ]
    with start(tmp_path, name="first", config={"lr": 0.1}, tags=["x"], group="g", notes="n") as run:
        for row in logged:
            run.log(row)
        run.log({"infinite": math.inf, "minus": -math.inf})
    received = sync(run.directory)
    assert [users(row) for row in received.rows] == [*logged, {"infinite": math.inf, "minus": -math.inf}]
    assert [row["_step"] for row in received.rows] == list(range(301))
    last = {key: value for key, value in logged[-1].items() if value is not None}
    assert users(received.summary) == {**last, "infinite": math.inf, "minus": -math.inf}
    assert (received.exit_code, received.complete) == (0, True)
    assert received.id == run.id
    assert {key: received.fields[key] for key in ("displayName", "project", "groupName", "tags", "notes")} == {
        "displayName": "first",
        "project": "p",
        "groupName": "g",
        "tags": ["x"],
        "notes": "n",
    }


def test_nan_arrives(tmp_path: Path, sync: Sync) -> None:
    """A NaN is stored as NaN, not as a missing value."""
    with start(tmp_path) as run:
        run.log({"loss": math.nan})
    (row,) = sync(run.directory).rows
    assert math.isnan(row["loss"])


def test_histogram_arrives(tmp_path: Path, sync: Sync) -> None:
    """A large array arrives as the histogram object that W&B's pages draw, a small one as a list."""
    with start(tmp_path) as run:
        run.log({"weights": np.arange(1000.0), "few": np.arange(3)})
    (row,) = sync(run.directory).rows
    assert row["few"] == [0, 1, 2]
    assert row["weights"]["_type"] == "histogram"
    assert sum(row["weights"]["values"]) == 1000
    assert len(row["weights"]["bins"]) == len(row["weights"]["values"]) + 1


def test_parts_of_a_step_arrive(tmp_path: Path, sync: Sync) -> None:
    """A step that was logged in several calls is one step after `wandb sync`, with the last value of each key."""
    with start(tmp_path) as run:
        run.log({"a": 1, "deep": {"x": 1}}, step=5)
        run.log({"b": 2, "a": None}, step=5)
        run.log({"c": 3, "deep": {"y": 2}})
        run.log({"d": 4}, step=50)
    rows = sync(run.directory).rows
    assert [users(row) for row in rows] == [{"a": None, "b": 2, "c": 3, "deep": {"x": 1, "y": 2}}, {"d": 4}]
    assert [row["_step"] for row in rows] == [5, 50]


def test_attempts_arrive(tmp_path: Path, sync: Sync) -> None:
    """Rows after a step back arrive too, with their attempt; `wandb sync` gives them rising steps."""
    with start(tmp_path) as run:
        for number, step in enumerate((0, 1, 2, 1, 2)):
            run.log({"n": number}, step=step, commit=True)
    rows = sync(run.directory).rows
    assert [(row["n"], row["_step"], row.get("_attempt", 0)) for row in rows] == [
        (0, 0, 0),
        (1, 1, 0),
        (2, 2, 0),
        (3, 3, 1),
        (4, 4, 1),
    ]


def test_rows_of_children_arrive_in_step_order(tmp_path: Path, sync: Sync) -> None:
    """Rows of forked children stand between those of their parent, by step, and each has the values of one process."""
    with start(tmp_path) as run:
        for turn in range(4):
            run.log({"parent": turn})
            in_child(lambda turn=turn: run.log({"child": turn}))
    rows = sync(run.directory).rows
    assert [users(row) for row in rows] == [{name: turn} for turn in range(4) for name in ("parent", "child")]
    assert [row["_step"] for row in rows] == list(range(8))


def test_a_run_changed_by_the_api_is_taken(tmp_path: Path, sync: Sync) -> None:
    """A run that was changed after its end is sent with all rows; that tool reads no changes after the exit record."""
    with start(tmp_path, id="r") as run:
        run.log({"a": 1})
        run.log({"a": 2})
    changed = wandb.Api().run("p/r")
    changed.config["new"], changed.notes = 3, "changed"
    changed.update()
    received = sync(run.directory)
    assert [users(row) for row in received.rows] == [{"a": 1}, {"a": 2}]
    assert received.exit_code == 0


def test_config_changes_arrive(tmp_path: Path, sync: Sync) -> None:
    """The server has the final config, in its record and in the uploaded config.yaml."""
    with start(tmp_path, config={"lr": 0.1, "net": {"width": 8, "deep": [1, 2]}}) as run:
        run.config["batch"] = 32
        run.config.update({"lr": 0.2}, allow_val_change=True)
    expected = {"lr": 0.2, "net": {"width": 8, "deep": [1, 2]}, "batch": 32}
    received = sync(run.directory)
    assert received.config == expected
    saved = yaml.safe_load(received.uploads["config.yaml"])
    assert {key: entry["value"] for key, entry in saved.items() if key != "_wandb"} == expected


def test_metric_definitions_arrive(tmp_path: Path, sync: Sync) -> None:
    """`define_metric` reaches the server: in the config's metric list, and in the values of the summary."""
    with start(tmp_path) as run:
        run.define_metric("epoch")
        run.define_metric("val/*", step_metric="epoch")
        run.define_metric("loss", summary="min,max")
        for n, loss in enumerate((3.0, 1.0, 2.0)):
            run.log({"epoch": n, "val/loss": loss, "loss": loss})
        run.summary["best"] = "mine"
    received = sync(run.directory)
    definitions = json.loads(received.fields["config"])["_wandb"]["value"]["m"]
    names = {definition.get("1") or definition.get("2") for definition in definitions}
    assert {"epoch", "val/*", "loss"} <= names
    assert received.summary["loss"] == {"min": 1.0, "max": 3.0}
    assert (received.summary["val/loss"], received.summary["best"]) == (2.0, "mine")


def test_exit_code_arrives(tmp_path: Path, sync: Sync) -> None:
    """A failed run is a failed run on the server."""
    run = start(tmp_path)
    run.log({"loss": 1})
    run.finish(exit_code=3)
    assert sync(run.directory).exit_code == 3


KILLED = """
import os, sys, wandb_nb
run = wandb_nb.init(project="p", mode="offline", dir=sys.argv[1], settings=wandb_nb.Settings(silent=True))
for n in range(1000):
    run.log({"n": n})
print(run.directory, flush=True)
os.kill(os.getpid(), 9)
"""


def test_killed_run_arrives_whole(tmp_path: Path, sync: Sync) -> None:
    """After `kill -9` the official sync sends every row that `log` returned for, and marks the run as failed."""
    done = subprocess.run(
        [sys.executable, "-c", KILLED, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        timeout=60,
        check=False,
        env=os.environ,
    )
    assert done.returncode == -signal.SIGKILL
    received = sync(type(tmp_path)(done.stdout.strip()))
    assert [row["n"] for row in received.rows] == list(range(1000))
    assert received.exit_code == 1
