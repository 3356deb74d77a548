"""The notebook file of this kernel: where it is, and a copy of it without secrets.

Searched in this order: the name that the user set, variables of VS Code and the Jupyter server, the sessions of this
user's Jupyter servers on this machine, Colab, Kaggle.
"""

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wandb_nb import host
from wandb_nb.atomic_file import write_text
from wandb_nb.capture.cells.notebook_path import configured_paths
from wandb_nb.capture.cells.outputs import PRIVATE
from wandb_nb.capture.cells.saved_notebook import MAX_NOTEBOOK_BYTES, assign_ids, parse_notebook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wandb_nb.capture.secrets.redact import Redactor

_SERVER_TIMEOUT_SECONDS = 3.0
_COLAB_TIMEOUT_SECONDS = 5


@dataclass(frozen=True)
class NotebookFile:
    """A notebook: on disk at *path*, or its *content* if the host stores it elsewhere."""

    name: str
    path: Path | None = None
    content: str = ""

    def read(self) -> str:
        """Return the notebook's current JSON text.

        Raises:
            OSError: It cannot be read.
        """
        return self.content if self.path is None else self.path.read_text("utf-8", "replace")


def find(user_setting: str | None) -> NotebookFile | None:
    """Return the notebook, or None if it is unknown; *user_setting* is the name or path that the user set.

    May query a server on this machine for up to three seconds: call it in a thread.
    """
    for path in _candidates(user_setting):
        with suppress(OSError):
            if path.is_file() and path.stat().st_size <= MAX_NOTEBOOK_BYTES:
                return NotebookFile(path.name, path.absolute())
    return _from_colab() or _from_kaggle()


def save(notebook: NotebookFile, folder: Path, redact: Redactor) -> Path:
    """Write a copy without secrets and live views into *folder* and return its path.

    The copy has nbformat's current version, whatever the version of the notebook.

    Raises:
        OSError: It cannot be read or written.
        ValueError: It is not a notebook; the message is a phrase that says why.
    """
    content = redact.value(_without_views(parse_notebook(notebook.read())))
    assign_ids(content["cells"])  # again: an id may look like a secret
    target = folder / notebook.name
    folder.mkdir(parents=True, exist_ok=True)
    write_text(target, json.dumps(content, indent=1, ensure_ascii=False) + "\n", "backslashreplace")
    return target


def _candidates(user_setting: str | None) -> Iterator[Path]:
    yield from map(Path, configured_paths(user_setting))
    shell, kernel = host.shell(), host.kernel_id()
    if kernel is not None:
        yield from _from_servers(kernel, Path(shell.kernel.parent.connection_file).parent)  # type: ignore[union-attr]


def _from_servers(kernel: str, runtime: Path) -> Iterator[Path]:
    """Yield the notebooks that run in *kernel*, from the servers with a file in the folder *runtime*."""
    for description in runtime.glob("*server-*.json"):
        with suppress(OSError, ValueError, KeyError, TypeError):  # a server that has ended, or an unrelated file
            server = json.loads(description.read_text("utf-8"))
            for session in _sessions(server):
                if session["kernel"]["id"] == kernel:
                    path = (session.get("notebook") or session)["path"]
                    yield Path(server.get("root_dir") or server["notebook_dir"], path)


def _sessions(server: dict[str, Any]) -> list[Any]:
    import urllib.error
    import urllib.request  # twenty milliseconds, and only if code is saved

    token = server.get("token") or os.environ.get("JUPYTERHUB_API_TOKEN", "")
    request = urllib.request.Request(f"{server['url']}api/sessions")  # noqa: S310 -- checked next
    if request.type not in ("http", "https"):
        return []
    if token:
        request.add_unredirected_header("Authorization", f"token {token}")
    local = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy for this machine
    try:
        with local.open(request, timeout=_SERVER_TIMEOUT_SECONDS) as answer:
            sessions = json.load(answer)
    except urllib.error.URLError:
        return []
    return sessions if isinstance(sessions, list) else []


def _from_colab() -> NotebookFile | None:
    message = sys.modules.get("google.colab._message")
    if message is None:
        return None
    try:
        answer = message.blocking_request("get_ipynb", timeout_sec=_COLAB_TIMEOUT_SECONDS)
        return NotebookFile("notebook.ipynb", content=json.dumps(answer["ipynb"]))
    except Exception:  # noqa: BLE001 -- the host's module may change without notice
        return None


def _from_kaggle() -> NotebookFile | None:
    if "KAGGLE_KERNEL_RUN_TYPE" not in os.environ:
        return None
    try:
        from importlib import import_module

        client = import_module("kaggle_session").UserSessionClient()
        return NotebookFile("kaggle.ipynb", content=str(client.get_exportable_ipynb()["source"]))
    except Exception:  # noqa: BLE001 -- as above; it also needs internet access switched on
        return None


def _without_views(value: Any) -> Any:
    """Return JSON data without live views, which belong to a running kernel and carry an access token."""
    if isinstance(value, dict):
        return {key: _without_views(inner) for key, inner in value.items() if not key.startswith(PRIVATE)}
    return [_without_views(inner) for inner in value] if isinstance(value, list) else value
