"""Runs that are laid out by `wandb-nb reproduce`, repeated there, and compared with the first run."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

from nbformat import write
from nbformat.v4 import new_code_cell, new_notebook
from repeated_runs import call, file_names, git, newest_run, wandb_nb

import wandb_nb as wandb

if TYPE_CHECKING:
    from pathlib import Path

import pytest
from cells import MIME, notebook_client, run_bundles, texts

CELLS = (
    "%load_ext wandb_nb\n%wandb init --project digits --mode offline lr=0.5 seed=3",
    "import numpy as np\nrandom = np.random.default_rng(wandb.config.seed)\nscale = 1.0",
    "for step in range(4):\n    wandb.log({'loss': scale * random.random()})",
    "1 / 0",
    "scale = 100.0",
    "%wandb finish",
)


def assert_same(folder: Path, first: str) -> None:
    """Check that the run *first* and the newest one have equal tables and equal curves."""
    answer = json.loads(wandb_nb(folder, "diff", first, "latest", "--json"))
    tables = {name: [row for row in answer[name] if not row["same"]] for name in ("config", "summary", "git")}
    assert (tables, answer["packages"], answer["code"]) == ({"config": [], "summary": [], "git": []}, [], [])
    rows = [wandb.read(path)["loss"].tolist() for path in (first, "latest")]
    assert rows[0] == rows[1]
    assert rows[0]


def test_a_script_in_a_dirty_repository(repository: Path, tmp_path: Path) -> None:
    """Commit, patch, folder and arguments are those of the run, so its repetition is the same."""
    git(repository, "remote", "add", "origin", "https://example.org/team/project.git")
    call(sys.executable, "train.py", "7", folder=repository / "jobs")
    first = newest_run().name.rpartition("-")[2]
    answer = json.loads(wandb_nb(tmp_path, "reproduce", first, "again", "--json"))
    again = tmp_path / "again"
    code = [remark["text"] for remark in answer["remarks"] if remark["kind"] == "code"]
    assert (answer["folder"], code) == (str(again), ["1 uncommitted file not saved with the run (jobs/helper.py)"])
    assert git(again / "code", "status", "--porcelain") == " M jobs/train.py\n"
    assert git(again / "code", "remote", "get-url", "origin") == "https://example.org/team/project.git\n"
    assert (again / "config.yaml").read_text() == "seed:\n    value: 7\n"
    call("sh", again / "run.sh", folder=tmp_path)
    assert newest_run().parents[1] == again / "code" / "jobs"
    assert_same(tmp_path, first)


def test_a_script_without_a_repository_and_its_input(tmp_path: Path) -> None:
    """The captured script alone is laid out, with the artifact that the run used where its download is expected."""
    with wandb.init(project="p", dir=tmp_path, mode="offline", settings={"silent": True}) as run:
        artifact = wandb.Artifact("data", "dataset")
        with artifact.new_file("rows.txt") as file:
            file.write("0.25")
        run.log_artifact(artifact)
    source = tmp_path / "source"
    source.mkdir()
    (source / "train.py").write_text(
        "import wandb_nb\nfrom pathlib import Path\n"
        "run = wandb_nb.init(project='p', mode='offline', save_code=True, settings={'silent': True})\n"
        "folder = run.use_artifact('data:latest').download()\n"
        "run.log({'loss': float(Path(folder, 'rows.txt').read_text())})\nrun.finish()\n"
    )
    call(sys.executable, "train.py", folder=source)
    first = newest_run().name.rpartition("-")[2]
    (source / "train.py").unlink()
    printed = wandb_nb(tmp_path, "reproduce", first, "again")
    again = tmp_path / "again"
    assert printed.splitlines()[0] == f"{again} is ready: sh {again / 'run.sh'}"
    expected = {"README.md", "run.sh", "config.yaml", "requirements.txt", "code/train.py", "artifacts/data:v0/rows.txt"}
    assert file_names(again) == expected
    call("sh", again / "run.sh", folder=tmp_path)
    assert not (again / "code" / "artifacts").exists(), "the download went elsewhere"
    assert_same(tmp_path, first)


@pytest.mark.kernel
def test_a_notebook_with_cells_out_of_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cells are repeated in the order of their execution, a failing one too; a remark names one out of order."""
    notebook = new_notebook(cells=[new_code_cell(source) for source in CELLS])
    write(notebook, tmp_path / "work.ipynb")
    monkeypatch.setenv("WANDB_NOTEBOOK_NAME", "work.ipynb")
    client = notebook_client(notebook, tmp_path, allow_errors=True)
    with client.setup_kernel():
        for position in (0, 1, 4, 2, 3, 5):
            client.execute_cell(notebook.cells[position], position)
        notebook.cells.append(new_code_cell("%wandb reproduce latest by_magic"))
        client.execute_cell(notebook.cells[-1], len(CELLS))
    assert f"by_magic is ready: sh {tmp_path / 'by_magic' / 'run.sh'}" in texts(notebook.cells[-1])
    stored = json.loads((newest_run() / "logs/remarks.json").read_text())
    assert any("cells were executed out of order or more than once ([4])" in remark for remark in stored)
    (shown,) = run_bundles(notebook.cells[2])
    assert shown[MIME]["run"]["remarks"] == stored
    assert f"reproducible: {len(stored)} remark" in shown["text/html"]
    first = newest_run().name.rpartition("-")[2]
    answer = json.loads(wandb_nb(tmp_path, "reproduce", first, "again", "--json"))
    cells = [remark["text"] for remark in answer["remarks"] if remark["kind"] == "cells"]
    assert cells == ["cells were executed out of order or more than once ([4])"]
    assert not [remark for remark in answer["remarks"] if remark["kind"] in ("code", "seed")]
    monkeypatch.delenv("WANDB_NOTEBOOK_NAME")
    call("sh", tmp_path / "again" / "run.sh", folder=tmp_path)
    assert newest_run().parents[1] == tmp_path / "again" / "code"
    assert_same(tmp_path, first)
