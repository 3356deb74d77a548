"""Secrets planted wherever a notebook has them, looked for in everything that is kept."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.kernel

MIME = "application/vnd.wandb-nb.run+json"
SECRETS = {
    "cell source": "sk-canary00000001",
    "comment": "hf_canary00000002",
    "assigned password": "canary-password-3",
    "standard output": "ghp_canary00000004canary",
    "standard error": "glpat-canary00000005",
    "displayed HTML": "xoxb-canary00000006",
    "error message": "AKIACANARY00000007",
    "environment": "canary-variable-8",
    "git remote": "canary-remote-9",
    "config": "canary-config-10",
}
CELLS = [
    "import sys, wandb_nb as wandb\nfrom IPython.display import HTML, display",
    f"run = wandb.init(project='p', save_code=True, config={{'lr': 0.1, 'api_key': {SECRETS['config']!r}}})",
    f"client = {SECRETS['cell source']!r}  # or {SECRETS['comment']}\npassword = {SECRETS['assigned password']!r}",
    f"print({SECRETS['standard output']!r}); print({SECRETS['standard error']!r}, file=sys.stderr)",
    f"display(HTML('<b>{SECRETS['displayed HTML']}</b>'))",
    "import os\nprint(os.environ['MY_TOKEN'])",
    f"raise ValueError({SECRETS['error message']!r})",
    "for i in range(3): run.log({'loss': i})",
    "run.finish()",
]


def test_ten_planted_secrets_are_kept_nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No file of the run and nothing that the view has put into the notebook contains one of ten secrets."""
    address = f"https://me:{SECRETS['git remote']}@example.invalid/repository.git"
    who = ["-c", "user.name=n", "-c", "user.email=n@example.invalid"]
    for words in (["init"], ["remote", "add", "origin", address], [*who, "commit", "--allow-empty", "-m", "first"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True, capture_output=True)
    monkeypatch.setenv("MY_TOKEN", SECRETS["environment"])
    cells = [new_code_cell(source) for source in CELLS]  # type: ignore[no-untyped-call]  # nbformat has no types
    notebook = new_notebook(cells=cells)  # type: ignore[no-untyped-call]  # as above
    resources = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=120, allow_errors=True, resources=resources).execute()
    shown = [output["data"] for cell in notebook.cells for output in cell.outputs if MIME in output.get("data", {})]
    (run,) = (path for path in (tmp_path / "wandb").iterdir() if path.is_dir() and not path.is_symlink())
    kept = {str(path.relative_to(run)): path.read_bytes() for path in run.rglob("*") if path.is_file()}
    kept["the view in the notebook"] = json.dumps(shown).encode()
    assert b'"lr"' in kept["the view in the notebook"], "the view shows the config, so there is something to look at"
    assert b"example.invalid" in kept["files/wandb-metadata.json"]
    assert b"client = " in kept["files/code/_session_history.ipynb"]
    found = [
        (place, name)
        for place, content in kept.items()
        for name, secret in SECRETS.items()
        if secret.encode() in content
    ]
    assert found == []
