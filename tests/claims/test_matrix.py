"""One program in every environment: config changes, a second `init()`, and the output.

The defaults differ between scripts and notebooks; an explicit argument applies everywhere.
"""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from cells import notebook_client
from nbformat.v4 import new_code_cell, new_notebook

if TYPE_CHECKING:
    from pathlib import Path

COMPARISON_MIME = "application/vnd.wandb-nb.comparison+json"
PROGRAM = """
import json
import wandb_nb as wandb
from wandb_nb import host

def changes(run):
    try:
        run.config.a += 1
    except wandb.ConfigError:
        return False
    return True

first = wandb.init(config={"a": 1})
results = {"place": host.kind(), "config may change": changes(first)}
wandb.log({"loss": 1})
second = wandb.init()
results["init() again"] = "continues" if second is first else f"new, the first is {first.state}"
results["reinit=False"] = wandb.init(reinit=False) is second
results["reinit=True"] = wandb.init(reinit=True, config={"a": 1}, allow_val_change=True) is not second
results["allowed"] = changes(wandb.run)
results["not allowed"] = changes(wandb.init(reinit=True, config={"a": 1}, allow_val_change=False))
with open("results.json", "w") as file:
    json.dump(results, file)
wandb.finish()
"""
EXPLICIT = {"reinit=False": True, "reinit=True": True, "allowed": True, "not allowed": False}
IN_NOTEBOOK = {"config may change": True, "init() again": "new, the first is finished", **EXPLICIT}
IN_SCRIPT = {"config may change": False, "init() again": "continues", **EXPLICIT}
COLAB = "import sys, types\nsys.modules['google.colab'] = types.ModuleType('google.colab')"


@pytest.mark.parametrize(("kind", "command"), [("script", []), ("ipython", ["-m", "IPython", "--colors=NoColor"])])
def test_a_terminal(tmp_path: Path, kind: str, command: list[str]) -> None:
    """In scripts and in IPython at a terminal config is fixed, the run continues, and plain lines are printed."""
    (tmp_path / "train.py").write_text(PROGRAM, "utf-8")
    done = subprocess.run(
        [sys.executable, *command, "train.py"],
        cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "results.json").read_text()) == {"place": kind, **IN_SCRIPT}
    assert "wandb_nb: run" in done.stderr
    assert "<" not in done.stdout, "no HTML at a terminal"


@pytest.mark.kernel
@pytest.mark.parametrize(
    ("kind", "before", "variables"),
    [
        ("jupyter", "", {}),
        ("vscode", "__vsc_ipynb_file__ = 'a.ipynb'", {}),
        ("colab", COLAB, {}),
        ("kaggle", "", {"KAGGLE_KERNEL_RUN_TYPE": "Batch"}),
    ],
)
def test_a_notebook(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, before: str, variables: dict[str, str]
) -> None:
    """In every notebook config may change, a second `init()` ends the first run, and the view is shown."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    cells = [new_code_cell(source) for source in (before, PROGRAM)]  # type: ignore[no-untyped-call]  # nbformat has no types
    notebook = new_notebook(cells=cells)  # type: ignore[no-untyped-call]  # as above
    notebook_client(notebook, tmp_path).execute()
    assert json.loads((tmp_path / "results.json").read_text()) == {"place": kind, **IN_NOTEBOOK}
    bundles = [output["data"] for output in notebook.cells[1].outputs if COMPARISON_MIME in output.get("data", {})]
    assert bundles, notebook.cells[1].outputs
    assert all("text/html" in data and "text/plain" in data for data in bundles)


def test_marimo(tmp_path: Path) -> None:
    """Marimo is a notebook too; it shows the run's lines."""
    pytest.importorskip("marimo", reason="marimo is not installed; the next test emulates it")
    body = "".join(f"    {line}\n" for line in PROGRAM.splitlines())
    source = f"import marimo\napp = marimo.App()\n\n@app.cell\ndef _():\n{body}    return\n"
    (tmp_path / "book.py").write_text(source, "utf-8")
    command = [sys.executable, "-m", "marimo", "export", "html", "book.py", "-o", "book.html"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "results.json").read_text()) == {"place": "marimo", **IN_NOTEBOOK}
    assert "wandb_nb: run" in (tmp_path / "book.html").read_text("utf-8")


def test_what_marimo_sets(tmp_path: Path) -> None:
    """If the module `marimo` reports a notebook, it is one; a run as a cell's value has its picture."""
    marimo = "import sys, types\nsys.modules['marimo'] = types.SimpleNamespace(running_in_notebook=lambda: True)\n"
    picture_check = "\nprint('<svg' in first._repr_html_())\n"
    (tmp_path / "book.py").write_text(marimo + PROGRAM + picture_check, "utf-8")
    done = subprocess.run(
        [sys.executable, "book.py"], cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "results.json").read_text()) == {"place": "marimo", **IN_NOTEBOOK}
    assert "wandb_nb: run" in done.stderr
    assert done.stdout.split() == ["True"]
