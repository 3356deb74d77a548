"""Secrets in all places of a notebook and a script, searched for in all stored and sent data."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import nbformat
import pytest
from cells import notebook_client
from claimed import run
from embedded_server import EmbeddedServer
from nbformat.v4 import new_code_cell, new_notebook

if TYPE_CHECKING:
    from collections.abc import Iterable
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
    "run name": "sk-canary00000011",
    "notes": "sk-canary00000012",
    "tag": "sk-canary00000013",
    "text in a row": "sk-canary00000014",
    "text deep in a row": "sk-canary00000015",
    "summary": "sk-canary00000016",
    "variable set later": "canary-variable-17",
    "variable set by %env": "canary-variable-18",
    "nested config": "sk-canary00000019",
    "later name": "sk-canary00000020",
    "group": "sk-canary00000021",
    "value of a variable in a row": "canary-variable-22",
    "bar": "sk-canary00000023",
    "C code": "sk-canary00000024",
}
CELLS = [
    "import sys, wandb_nb as wandb\nfrom IPython.display import HTML, display",
    (
        f"run = wandb.init(project='p', save_code=True, name='n {SECRETS['run name']}', notes='see {SECRETS['notes']}',"
        f" tags=['a {SECRETS['tag']}'], group='g {SECRETS['group']}', config={{'lr': 0.1, 'api_key':"
        f" {SECRETS['config']!r}, 'deep': {{'list': [{SECRETS['nested config']!r}]}}}})"
    ),
    f"client = {SECRETS['cell source']!r}  # or {SECRETS['comment']}\npassword = {SECRETS['assigned password']!r}",
    f"print({SECRETS['standard output']!r}); print({SECRETS['standard error']!r}, file=sys.stderr)",
    f"display(HTML('<b>{SECRETS['displayed HTML']}</b>'))",
    "import os\nprint(os.environ['MY_TOKEN'])",
    f"raise ValueError({SECRETS['error message']!r})",
    (
        f"for i in range(3): run.log({{'loss': i, 'text': 'it is {SECRETS['text in a row']}',"
        f" 'deep': {{'a': ['x', {SECRETS['text deep in a row']!r}]}}, 'own': os.environ['ROW_PASSWORD']}})"
    ),
    f"run.summary['best'] = 'with {SECRETS['summary']}'",
    f"os.environ['LATE_SECRET'] = ''.join({list(SECRETS['variable set later'])!r})",
    "print(os.environ['LATE_SECRET']); run.log({'late': os.environ['LATE_SECRET']})",
    f"%env OTHER_TOKEN={SECRETS['variable set by %env']}",
    "run.notes = 'more of ' + os.environ['OTHER_TOKEN']",
    f"run.name = 'now {SECRETS['later name']}'",
    f"for i in range(20): print(f'\\r{SECRETS['bar']} {{i}}', end='')",
    f"import ctypes; ctypes.CDLL(None).puts(b'{SECRETS['C code']}')",
    "run.finish()",
]


def found_in(contents: dict[str, bytes], secrets: Iterable[str]) -> list[tuple[str, str]]:
    """Return where which of *secrets* is."""
    return [(place, secret) for place, content in contents.items() for secret in secrets if secret.encode() in content]


def below(folder: Path) -> dict[str, bytes]:
    """Return the content of every file below *folder*."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.crash
def test_secrets_are_stored_nowhere(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch, clean_environment: Path
) -> None:
    """None of two dozen secrets is in a file of the run, the view's data, the notebook's copy, or on the server."""
    address = f"https://me:{SECRETS['git remote']}@example.invalid/repository.git"
    who = ["-c", "user.name=n", "-c", "user.email=n@example.invalid"]
    for words in (["init"], ["remote", "add", "origin", address], [*who, "commit", "--allow-empty", "-m", "first"]):
        subprocess.run(["git", *words], cwd=tmp_path, check=True, capture_output=True)
    cells = [new_code_cell(source) for source in CELLS]  # type: ignore[no-untyped-call]  # nbformat has no types
    notebook = new_notebook(cells=cells)  # type: ignore[no-untyped-call]  # as above
    nbformat.write(notebook, tmp_path / "book.ipynb")
    monkeypatch.setenv("MY_TOKEN", SECRETS["environment"])
    monkeypatch.setenv("ROW_PASSWORD", SECRETS["value of a variable in a row"])
    monkeypatch.setenv("WANDB_NOTEBOOK_NAME", "book.ipynb")
    with EmbeddedServer(tmp_path_factory.mktemp("server")) as server:
        for name, value in server.environ.items():
            monkeypatch.setenv(name, value)
        notebook_client(notebook, tmp_path, allow_errors=True).execute()
        (path,) = (path for path in (tmp_path / "wandb").iterdir() if path.is_dir() and not path.is_symlink())
        rows = server.rows(path.name.rpartition("-")[2])
    contents = {f"run/{name}": content for name, content in below(path).items()}
    contents |= {f"server/{name}": content for name, content in below(server.folder).items() if name != "key"}
    contents |= {f"machine/{name}": content for name, content in below(clean_environment).items()}
    bundles = [output["data"] for cell in notebook.cells for output in cell.outputs if MIME in output.get("data", {})]
    contents["the view in the notebook"] = json.dumps(bundles).encode()
    assert len(rows) == 4, "the run is on the server"
    assert b'"lr"' in contents["the view in the notebook"], "the view must show the config"
    assert b"example.invalid" in contents["run/files/wandb-metadata.json"]
    assert b"client = " in contents["run/files/code/_session_history.ipynb"]
    assert b"client = " in contents["run/files/code/book.ipynb"]
    assert sum(b"client = " in content for name, content in contents.items() if name.startswith("server/")) >= 2
    assert found_in(contents, [*SECRETS.values(), server.key]) == []


def test_the_secrets_of_a_script(tmp_path: Path) -> None:
    """A script's command line, source, work tree, output and last lines contain no secret."""
    secrets = [f"sk-canary0000000{number}" for number in range(8)]
    source = f"""
        os.environ["X_API_KEY"] = "canary-variable"
        run = wandb.init(save_code=True, notes="{secrets[0]}")
        run.log({{"a": "{secrets[1]}"}})
        print("x-canary-variable", "{secrets[2]}"); os.system("echo {secrets[3]}")
        run.log_code(".", include=["*.txt"])
        run.alert("about {secrets[6]}", "canary-variable")
        raise ValueError("{secrets[4]} canary-variable")
    """
    for words in (["init"], ["add", "."], ["-c", "user.name=n", "-c", "user.email=e", "commit", "-m", "1"]):
        (tmp_path / "notes.txt").write_text("before\n")
        subprocess.run(["git", *words], cwd=tmp_path, check=True, capture_output=True)
    (tmp_path / "notes.txt").write_text(f"{secrets[5]}\n")
    done = run(
        tmp_path, source, "--api-key", "canary-argument-1", f"--x={secrets[6]}", "--db-password=canary-argument-2",
        SLURM_JOB_NAME=secrets[7], WANDB_CONSOLE="redirect",
    )  # fmt: skip
    assert done.returncode == 1
    contents = below((tmp_path / "wandb/latest-run").resolve())
    assert b"api-key" in contents["files/wandb-metadata.json"]
    assert {"files/output.log", "files/code/train.py", "files/code/notes.txt", "files/diff.patch"} <= contents.keys()
    assert found_in(contents, [*secrets, "canary-variable", "canary-argument"]) == []
    printed = done.stderr.split("Traceback")[0]
    assert "canary" not in printed, "our own lines have no secret"
