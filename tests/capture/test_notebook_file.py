"""The notebook file, found from each host's information, and copied."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import types
import urllib.request
from typing import TYPE_CHECKING, Any

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_notebook, new_output

from wandb_nb.capture.cells import notebook_file
from wandb_nb.capture.secrets.redact import Redactor

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

CELL = "import wandb_nb as wandb\nrun = wandb.init(save_code=True, settings={'display': False})\nrun.finish()"


def write(path: Path) -> Path:
    """Write a notebook that contains a secret and a live view."""
    view = new_output("display_data", data={"text/plain": "x", "application/vnd.wandb-nb.run+json": {"token": "t"}})
    notebook = new_notebook(cells=[new_code_cell('password = "hunter2-hunter2"', outputs=[view])])
    nbformat.write(notebook, path)
    return path


def test_the_copy_has_no_secrets(tmp_path: Path) -> None:
    """The copy is a valid notebook without the secrets and live views of the original."""
    notebook = notebook_file.find(str(write(tmp_path / "n.ipynb")))
    assert notebook is not None
    copy = notebook_file.save(notebook, tmp_path / "code", Redactor({}))
    text = copy.read_text()
    assert "hunter2" not in text
    assert "vnd.wandb-nb" not in text
    nbformat.validate(nbformat.read(copy, as_version=4))


def test_the_copy_of_an_old_notebook(tmp_path: Path) -> None:
    """The copy of a notebook of version 4.2 has the current version; a broken one raises what is wrong."""
    cell = {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": [], "source": "a"}
    old = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 2}
    notebook = notebook_file.NotebookFile("n.ipynb", content=json.dumps(old))
    copy = json.loads(notebook_file.save(notebook, tmp_path, Redactor({})).read_text())
    nbformat.validate(copy)
    assert (copy["nbformat_minor"], copy["cells"][0]["id"]) == (nbformat.current_nbformat_minor, "cell-1")
    with pytest.raises(ValueError, match="not JSON"):
        notebook_file.save(notebook_file.NotebookFile("b.ipynb", content="{"), tmp_path, Redactor({}))


@pytest.mark.kernel
def test_a_broken_notebook_is_reported_once(execute: Callable[..., Any], tmp_path: Path) -> None:
    """A notebook's file that cannot be read is reported when the run ends, by name and reason."""
    (tmp_path / "vs.ipynb").write_text('{"cells": [')
    source = CELL.replace("run = ", "__vsc_ipynb_file__ = 'vs.ipynb'\nrun = ")
    printed = "".join(output.text for output in execute(source).cells[0].outputs)
    assert printed.count("vs.ipynb is not saved with the run: not JSON") == 1


def test_a_wrong_name_finds_nothing(tmp_path: Path) -> None:
    """A name without a file finds nothing, outside a notebook."""
    assert notebook_file.find(str(tmp_path / "none.ipynb")) is None
    assert notebook_file.find(None) is None


def test_colab_and_kaggle(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the host returns the notebook's content, that is used."""
    message = types.ModuleType("google.colab._message")
    message.blocking_request = lambda *_, **__: {"ipynb": {"cells": []}}  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "google.colab._message", message)
    notebook = notebook_file.find(None)
    assert notebook is not None
    assert json.loads(notebook.read()) == {"cells": []}
    monkeypatch.delitem(sys.modules, "google.colab._message")

    class Client:
        def get_exportable_ipynb(self) -> dict[str, str]:
            return {"source": "{}"}

    kaggle = types.ModuleType("kaggle_session")
    kaggle.UserSessionClient = Client  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "kaggle_session", kaggle)
    monkeypatch.setenv("KAGGLE_KERNEL_RUN_TYPE", "Interactive")
    notebook = notebook_file.find(None)
    assert notebook is not None
    assert (notebook.name, notebook.read()) == ("kaggle.ipynb", "{}")


@pytest.mark.kernel
def test_vs_code_and_the_hint(execute: Callable[..., Any], tmp_path: Path) -> None:
    """VS Code's variable names the file; without it one hint is given, only if saving was requested."""
    write(tmp_path / "vs.ipynb")
    execute(f"__vsc_ipynb_file__ = {str(tmp_path / 'vs.ipynb')!r}", CELL)
    files = tmp_path / "wandb/latest-run/files"
    assert (files / "code/vs.ipynb").is_file()
    messages = execute(CELL)
    assert "WANDB_NOTEBOOK_NAME" in json.dumps(messages)
    quiet = execute(CELL.replace("save_code=True, ", ""))
    assert "WANDB_NOTEBOOK_NAME" not in json.dumps(quiet)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[str]:
    """Run a Jupyter server with a token in the test's folder, and yield its address."""
    log = (tmp_path / "server.log").open("wb")
    options = [
        "--ServerApp.open_browser=False",
        "--ServerApp.port=0",
        "--IdentityProvider.token=secret",
        "--allow-root",
    ]
    environment = {**os.environ, "JUPYTER_RUNTIME_DIR": str(tmp_path / "runtime")}
    command = [sys.executable, "-m", "jupyter_server", f"--ServerApp.root_dir={tmp_path}", *options]
    with subprocess.Popen(command, env=environment, stdout=log, stderr=log) as process:
        end = time.monotonic() + 60
        while not (files := list((tmp_path / "runtime").glob("jpserver-*.json"))) or not listening(files[0]):
            assert time.monotonic() < end
            time.sleep(0.05)
        yield json.loads(files[0].read_text())["url"]
        process.terminate()
    log.close()


def listening(description: Path) -> bool:
    """Return whether the described server accepts connections yet."""
    try:
        socket.create_connection(("127.0.0.1", json.loads(description.read_text())["port"]), 1).close()
    except (OSError, ValueError):
        return False
    return True


def ask(url: str, body: object = None, method: str = "GET") -> Any:
    """Ask the server's API; wait until it answers."""
    request = urllib.request.Request(  # noqa: S310 -- the test's own server
        url, method=method, data=json.dumps(body).encode() if body else None
    )
    request.add_header("Authorization", "token secret")
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 -- as above
        return json.load(answer)


@pytest.mark.kernel
def test_the_sessions_of_a_server(server: str, tmp_path: Path) -> None:
    """A server with a token returns the notebook of a kernel; other kernels and a wrong token find nothing."""
    path = write(tmp_path / "own.ipynb")
    session = {"path": "own.ipynb", "type": "notebook", "name": "", "kernel": {"name": "python3"}}
    kernel = ask(f"{server}api/sessions", session, "POST")["kernel"]["id"]
    runtime = tmp_path / "runtime"
    assert list(notebook_file._from_servers(kernel, runtime)) == [path]
    assert list(notebook_file._from_servers("other", runtime)) == []
    description = next(runtime.glob("jpserver-*.json"))
    description.write_text(description.read_text().replace("secret", "wrong"))
    assert list(notebook_file._from_servers(kernel, runtime)) == []
