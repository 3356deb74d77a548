"""`%wandb diff` and `%wandb compare` in real kernels, and in IPython at a terminal."""

from __future__ import annotations

import re
import subprocess
import sys
from typing import TYPE_CHECKING

import nbformat
import pytest
from cells import LOAD, texts

from wandb_nb.view.message.header_fields import COMPARISON_MIME

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nbformat import NotebookNode

    Execute = Callable[..., NotebookNode]

pytestmark = pytest.mark.kernel
START = "wandb.init(project='p', name=name, config={'lr': rate, 'width': 64})"
TRAIN = "for i in range(30):\n    wandb.log({'loss': 1 / (1 + rate * i)})\nwandb.finish()"
EDITED = TRAIN.replace("1 / (1", "1 / (2")


def compared(cell: NotebookNode) -> NotebookNode:
    """Return the one comparison under a cell."""
    (bundle,) = [output.data for output in cell.outputs if COMPARISON_MIME in output.get("data", {})]
    return bundle


def test_a_diff_names_exactly_the_key_and_the_cell(execute: Execute, tmp_path: Path) -> None:
    """For two runs that differ in one config value and one edited cell, the diff names those two and nothing else."""
    notebook = execute(
        LOAD,
        "name, rate = 'slow', 0.1",
        START,
        TRAIN,
        "name, rate = 'fast', 0.5",
        START,
        EDITED,
        "%wandb diff latest~1 latest",
    )
    parts = compared(notebook.cells[-1])
    diff = parts[COMPARISON_MIME]["diff"]

    assert [(row["key"], row["texts"]) for row in diff["config"] if not row["same"]] == [("lr", ["0.1", "0.5"])]
    assert [change["title"] for change in diff["code"]] == ["cell [2] → [5]", "cell [4] → [7]"]
    assert diff["code"][0]["lines"] == ["-name, rate = 'slow', 0.1", "+name, rate = 'fast', 0.5"]
    assert [line for line in diff["code"][1]["lines"] if line[0] in "+-"] == [
        "-    wandb.log({'loss': 1 / (1 + rate * i)})",
        "+    wandb.log({'loss': 1 / (2 + rate * i)})",
    ]
    assert parts[COMPARISON_MIME]["labels"] == ["lr=0.1 · slow", "lr=0.5 · fast"]
    assert "image/png" in parts
    path = tmp_path / "saved.ipynb"
    nbformat.write(notebook, path)
    subprocess.run([sys.executable, "-m", "nbconvert", "--to", "html", path], check=True, capture_output=True)
    assert re.search(r"<iframe|<script|http", parts["text/html"]) is None
    assert "+0.4 (+400 %)" in path.with_suffix(".html").read_text()


def test_several_runs_of_a_group(execute: Execute) -> None:
    """`%wandb compare` shows the newest runs, oldest first, active ones too, limited by group and metric on request."""
    notebook = execute(
        LOAD,
        "for name in 'abc':\n"
        "    with wandb.init(project='p', name=name, group='g' if name != 'b' else None) as run:\n"
        "        for i in range(9): run.log({'loss': 1 / (1 + i), 'other': i})",
        "%wandb compare --last 2",
        "%wandb compare --group g loss",
        "run = wandb.init(project='p', name='live')\nrun.log({'loss': 1})\n%wandb compare --last 2",
        "%wandb diff a nobody",
    )
    two, group, live, wrong = notebook.cells[2:]

    assert compared(two)[COMPARISON_MIME]["labels"] == ["b", "c"]
    comparison = compared(group)[COMPARISON_MIME]
    assert comparison["labels"] == ["a", "c"]
    assert {series["key"] for run in comparison["runs"] for series in run["series"]} == {"loss"}
    assert compared(live)[COMPARISON_MIME]["labels"] == ["c", "live"]
    assert compared(live)[COMPARISON_MIME]["runs"][1]["run"]["state"] == "running"
    assert "no run has the path, id or name 'nobody'" in texts(wrong)


def test_a_terminal_gets_tables(tmp_path: Path) -> None:
    """In IPython at a terminal the comparison is text."""
    script = tmp_path / "session.ipy"
    runs = "for name in 'ab':\n    with wandb.init(project='p', name=name) as run: run.log({'loss': 1})\n\n"
    script.write_text(f"{LOAD}\n{runs}%wandb diff a b\n%wandb compare --last 1\n")
    command = [sys.executable, "-m", "IPython", "--no-banner", "--colors=NoColor", script]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert "the same at all 1 common points" in done.stdout
    assert "--last must be 2 or more" in done.stdout + done.stderr
