"""What a notebook contains of a run: outputs, pictures, sizes; and what a killed kernel leaves."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import nbformat
import pytest
from cells import LOAD, MIME, notebook_client, run_bundles, texts
from nbclient.exceptions import DeadKernelError
from nbformat.v4 import new_code_cell, new_notebook

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nbformat import NotebookNode

    Execute = Callable[..., NotebookNode]

pytestmark = pytest.mark.kernel
LARGEST_RUN = 300_000  # bytes that one run may add to a notebook
TRAINING_S = int(os.environ.get("WANDB_NB_TEST_TRAINING_S", "15"))  # seconds until the kernel is killed
NO_NETWORK = "import socket\ndef refuse(*_): raise OSError('no network')\nsocket.socket.connect = refuse"


def ink(png: str) -> bytes:
    """Return the first bytes of a base64 picture."""
    return base64.b64decode(png)[:8]


def test_the_saved_output_is_a_picture_anywhere(execute: Execute, tmp_path: Path) -> None:
    """PNG, HTML and text are beside our MIME type, no widget state is stored, and nbconvert needs no network."""
    notebook = execute(
        LOAD,
        "%wandb init --project p --name '<script>alert(1)</script>'",
        "for i in range(2000):\n    wandb.log({'train/loss': 1 / (1 + i), 'val/accuracy': i / 2000})\n%wandb finish",
    )
    (bundle,) = run_bundles(notebook.cells[2])
    path = tmp_path / "executed.ipynb"
    nbformat.write(notebook, path)
    subprocess.run([sys.executable, "-m", "nbconvert", "--to", "html", path], check=True, capture_output=True)
    page = path.with_suffix(".html").read_text()

    assert set(bundle) == {MIME, "text/html", "image/png", "text/plain"}
    assert ink(bundle["image/png"]) == b"\x89PNG\r\n\x1a\n"
    assert "train/loss" in bundle["text/plain"]
    assert re.search(r"<iframe|<script|http", bundle["text/html"]) is None
    assert "widgets" not in notebook.metadata
    assert bundle["text/html"][:60] in page
    assert "<script>alert(1)" not in page


def test_a_notebook_grows_by_a_bounded_part(execute: Execute) -> None:
    """Forty metrics of noise, logged by six cells, and a large config: 300 kB in all, with one picture."""
    cell = "for _ in range(1000):\n    wandb.log({f'metric/{i}': value for i, value in enumerate(rng.normal(size=40))})"
    notebook = execute(
        LOAD,
        "import numpy as np\nrng = np.random.default_rng(0)\n"
        "wandb.init(project='p', config={f'k{i}': 'x' * 300 for i in range(300)})",
        *[cell] * 6,
        "wandb.finish()",
    )
    pictures = [
        at for at, cell in enumerate(notebook.cells) if any("image/png" in o.get("data", {}) for o in cell.outputs)
    ]

    assert len(nbformat.writes(notebook)) < LARGEST_RUN
    assert pictures == [2]
    assert run_bundles(notebook.cells[2])[0][MIME]["run"]["rows"] == 6_000


def test_display_can_be_turned_off(execute: Execute) -> None:
    """The panel is off by setting, by `%config` and in silent runs; `%wandb` still shows it."""
    notebook = execute(
        LOAD + "\n%config WandbMagics.display = False",
        "wandb.init(project='p')\nwandb.log({'a': 1})",
        "%wandb",
        "wandb.finish()\n%config WandbMagics.display = True\n"
        "wandb.init(project='p', settings={'display': False})\nwandb.log({'a': 1})\nwandb.finish()",
        "wandb.init(project='p', settings={'silent': True})\nwandb.log({'a': 1})\nwandb.finish()",
        "run = wandb.init(project='p')\nwandb.log({'a': 1})",
        "run",
    )

    _, line, magic, setting, silent, plain, last = notebook.cells
    assert run_bundles(line) == []
    assert texts(line).count("\n") == 1
    assert len(run_bundles(magic)) == 1
    assert run_bundles(setting) == []
    assert silent.outputs == []
    assert len(plain.outputs) == 1
    assert len(run_bundles(last)) == 1


def test_an_interrupt_leaves_the_run_active(execute: Execute) -> None:
    """After Stop the cell ends with KeyboardInterrupt, its rows are shown, and the run accepts more."""
    notebook = execute(
        LOAD,
        "%wandb init --project p",
        "import threading\n"
        "run = wandb.run\n"
        "from wandb_nb.notebook.panel import stop_request\n"
        "live_run = get_ipython()._wandb_nb.presenter.live_run(run.id)\n"
        "stopper = threading.Timer(0.5, lambda: stop_request.request_stop(live_run, force=False))\n"
        "stopper.start()\n"
        "try:\n"
        "    while True:\n"
        "        wandb.log({'a': 1})\n"
        "except KeyboardInterrupt:\n"
        "    print('stopped', run.state)",
        "wandb.log({'a': 2})\nprint(wandb.run is run, run.state)",
    )

    assert texts(notebook.cells[2]).endswith("stopped running\n")
    assert texts(notebook.cells[3]) == "True running\n"


def test_a_killed_kernel_leaves_a_fresh_snapshot(tmp_path: Path) -> None:
    """After a kernel dies in training, picture, table and curve are in the notebook, without a network too.

    They lack what was logged since the last snapshot: 5 % of a minute, up to ten seconds of a long run.
    """
    training = (
        "import os, time\n"
        "started = time.time()\n"
        f"while time.time() < started + {TRAINING_S}:\n"
        "    wandb.log({'loss': 1 / (1 + time.time() - started), 'at': time.time() - started})\n"
        "    time.sleep(0.01)\n"
        "os.kill(os.getpid(), 9)"
    )
    notebook = new_notebook(
        cells=[new_code_cell(text) for text in (LOAD, "%wandb init --project p --name killed", training)]
    )
    with pytest.raises(DeadKernelError):
        notebook_client(notebook, tmp_path).execute()

    (bundle,) = run_bundles(notebook.cells[2])
    assert bundle[MIME]["summary"]["at"] > min(TRAINING_S * 0.95, TRAINING_S - 3)
    last = bundle[MIME]["series"][0]["n"] - 1
    assert f"· step {last} ·" in bundle["text/plain"]
    path = tmp_path / "killed.ipynb"
    nbformat.write(notebook, path)
    offline = [sys.executable, "-c", f"{NO_NETWORK}\nfrom nbconvert.nbconvertapp import main; main()"]
    subprocess.run([*offline, "--to", "html", path], check=True, capture_output=True)
    assert bundle["image/png"].strip() in path.with_suffix(".html").read_text().replace("\n", "")
    assert ink(bundle["image/png"]) == b"\x89PNG\r\n\x1a\n"
    assert re.search(r"<iframe|<script|http", bundle["text/html"]) is None
    assert len(json.dumps(bundle)) < LARGEST_RUN


def test_hooks_are_cheap_and_registered_for_live_runs_only(execute: Execute) -> None:
    """Rows hold the number of the cell that logged them, also with two active runs."""
    notebook = execute(
        LOAD,
        "first = wandb.init(project='p')\nsecond = wandb.init(project='p', reinit='create_new')",
        "first.log({'a': 1}); second.log({'b': 1})",
        "second.log({'b': 2})",
        "second.finish(); first.log({'a': 2}); first.finish()\n"
        "print(list(first.history()['_cell']), list(second.history()['_cell']))",
    )

    assert texts(notebook.cells[4]).splitlines()[-1] == "[3, 5] [3, 4]"


def test_papermill_runs_a_tracked_notebook(tmp_path: Path) -> None:
    """In a notebook run by papermill, parameters reach the run and the output holds the picture."""
    source, target = tmp_path / "in.ipynb", tmp_path / "out.ipynb"
    cells = [LOAD, "%wandb init --project p lr=$lr", "for i in range(5):\n    wandb.log({'a': i})\n%wandb finish"]
    parameters = new_code_cell("lr = 0.1", metadata={"tags": ["parameters"]})
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    nbformat.write(new_notebook(cells=[parameters, *map(new_code_cell, cells)], metadata=kernel), source)
    command = [sys.executable, "-m", "papermill", "-p", "lr", "0.5", "--cwd", tmp_path, source, target]
    subprocess.run(command, check=True, capture_output=True)

    (bundle,) = run_bundles(nbformat.read(target, 4).cells[-1])
    assert bundle[MIME]["config"] == {"lr": 0.5}
    assert ink(bundle["image/png"]) == b"\x89PNG\r\n\x1a\n"
    assert len(list((tmp_path / "wandb").glob("offline-run-*"))) == 1


def test_a_forked_child_leaves_the_notebook_alone(execute: Execute) -> None:
    """A child that logs neither hangs nor shows anything; its rows join the run, whose panel continues."""
    notebook = execute(
        LOAD,
        "import os, warnings\nwarnings.simplefilter('ignore')\nrun = wandb.init(project='p')",
        "if (child := os.fork()) == 0:\n"
        "    try:\n"
        "        wandb.log({'child': 1})\n"
        "    finally:\n"
        "        os._exit(0)\n"
        "print('child', os.waitpid(child, 0)[1])\n"
        "wandb.log({'parent': 1})",
        "run.finish()\nprint(sorted(run.history()[['child', 'parent']].sum()))",
    )

    assert texts(notebook.cells[2]) == "child 0\n"
    assert len(run_bundles(notebook.cells[2])) == 1
    assert texts(notebook.cells[3]).splitlines()[-1] == "[1.0, 1.0]"
