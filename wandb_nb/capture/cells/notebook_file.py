"""The notebook file that this kernel runs: where it is, and a copy of it without secrets.

Looked for in this order: the name that the user gave, what VS Code and the Jupyter server tell the kernel, the sessions
of the Jupyter servers of this user on this machine, Colab, Kaggle.
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
from wandb_nb.capture.cells.outputs import PRIVATE

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wandb_nb.capture.secrets.redact import Redactor

_ANSWER_TAKES_AT_MOST_S = 3.0
_COLAB_TAKES_AT_MOST_S = 5
_LARGEST_BYTES = 64 << 20


@dataclass(frozen=True)
class NotebookFile:
    """A notebook: on disk at *path*, or its *content* where the host keeps it elsewhere."""

    name: str
    path: Path | None = None
    content: str = ""

    def read(self) -> str:
        """Return the notebook's JSON text as it is now.  Raises OSError when it cannot be read."""
        return self.content if self.path is None else self.path.read_text("utf-8", "replace")


def find(given: str | None) -> NotebookFile | None:
    """Return the notebook; *given* is the name or path that the user set.  None when nobody knows it.

    May ask a server on this machine, which takes up to three seconds: call it off the main path.
    """
    for path in _places(given):
        with suppress(OSError):
            if path.is_file() and path.stat().st_size <= _LARGEST_BYTES:
                return NotebookFile(path.name, path.absolute())
    return _from_colab() or _from_kaggle()


def save(notebook: NotebookFile, folder: Path, redact: Redactor) -> Path:
    """Write a copy without secrets and live views into *folder* and return its path.

    Raises OSError when it cannot be read or written, ValueError when it is no notebook.
    """
    content = redact.value(_without_views(json.loads(notebook.read())))
    target = folder / notebook.name
    folder.mkdir(parents=True, exist_ok=True)
    write_text(target, json.dumps(content, indent=1, ensure_ascii=False) + "\n", "backslashreplace")
    return target


def told(given: str | None) -> Iterator[str]:
    """Yield what is said to be the notebook's path, the best first; asks nobody."""
    shell = host.shell()
    said = given, getattr(shell, "user_ns", {}).get("__vsc_ipynb_file__"), os.environ.get("JPY_SESSION_NAME")
    yield from (str(path) for path in said if path)


def _places(given: str | None) -> Iterator[Path]:
    yield from map(Path, told(given))
    shell, kernel = host.shell(), host.kernel_id()
    if kernel is not None:
        yield from _from_servers(kernel, Path(shell.kernel.parent.connection_file).parent)  # type: ignore[union-attr]


def _from_servers(kernel: str, runtime: Path) -> Iterator[Path]:
    """Yield the notebooks that the servers with a file in the folder *runtime* run in *kernel*."""
    for description in runtime.glob("*server-*.json"):
        with suppress(OSError, ValueError, KeyError, TypeError):  # a server that ended, or something else altogether
            server = json.loads(description.read_text("utf-8"))
            for session in _sessions(server):
                if session["kernel"]["id"] == kernel:
                    path = (session.get("notebook") or session)["path"]
                    yield Path(server.get("root_dir") or server["notebook_dir"], path)


def _sessions(server: dict[str, Any]) -> list[Any]:
    import urllib.error
    import urllib.request  # twenty milliseconds, and only where code is saved

    token = server.get("token") or os.environ.get("JUPYTERHUB_API_TOKEN", "")
    request = urllib.request.Request(f"{server['url']}api/sessions")  # noqa: S310 -- checked next
    if request.type not in ("http", "https"):
        return []
    if token:
        request.add_unredirected_header("Authorization", f"token {token}")
    local = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy stands between us and this machine
    try:
        with local.open(request, timeout=_ANSWER_TAKES_AT_MOST_S) as answer:
            found = json.load(answer)
    except urllib.error.URLError:
        return []
    return found if isinstance(found, list) else []


def _from_colab() -> NotebookFile | None:
    message = sys.modules.get("google.colab._message")
    if message is None:
        return None
    try:
        answer = message.blocking_request("get_ipynb", timeout_sec=_COLAB_TAKES_AT_MOST_S)
        return NotebookFile("notebook.ipynb", content=json.dumps(answer["ipynb"]))
    except Exception:  # noqa: BLE001 -- a host's own module, which changes without notice
        return None


def _from_kaggle() -> NotebookFile | None:
    if "KAGGLE_KERNEL_RUN_TYPE" not in os.environ:
        return None
    try:
        from importlib import import_module

        client = import_module("kaggle_session").UserSessionClient()
        return NotebookFile("kaggle.ipynb", content=str(client.get_exportable_ipynb()["source"]))
    except Exception:  # noqa: BLE001 -- as above; it also needs Kaggle's internet switch
        return None


def _without_views(value: Any) -> Any:
    """Return JSON data without the outputs that belong to a running kernel; ours carry an access token."""
    if isinstance(value, dict):
        return {key: _without_views(inner) for key, inner in value.items() if not key.startswith(PRIVATE)}
    return [_without_views(inner) for inner in value] if isinstance(value, list) else value
