"""What a run's full view shows beside its charts: files, console and code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from wandb_nb.errors import StoreError
from wandb_nb.store.reading.executed_cells import FILE, CellLog
from wandb_nb.untrusted_file import is_folder, open_file

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wandb_nb.store.runs.registry import RunEntry

CONSOLE_FILE = "output.log"
MAX_CONSOLE_BYTES = 256 << 10
MAX_PREVIEW_BYTES = 512 << 10
MAX_FILES = 1_000
MAX_CELLS = 300
MAX_SOURCE = 20_000


class FileInfo(TypedDict):
    """A file of the run: its path below `files/`, and its size in bytes."""

    path: str
    size: int


def files(entry: RunEntry) -> list[FileInfo]:
    """Return the run's files, at most a thousand, sorted by path; links are left out."""
    root = Path(entry.path) / "files"
    if not is_folder(root):
        return []
    return [
        {"path": path.relative_to(root).as_posix(), "size": path.stat().st_size}
        for path, _ in zip(_walk(root), range(MAX_FILES), strict=False)
    ]


def file(entry: RunEntry, name: str) -> Path:
    """Return the path of the file *name*.

    Raises:
        StoreError: The run has no such file.
    """
    root = (Path(entry.path) / "files").resolve()
    if not is_folder(Path(entry.path) / "files"):
        raise StoreError(f"run {entry.id} has no files")
    try:
        path = (root / name).resolve(strict=True)
        if path.is_relative_to(root) and path.is_file():
            return path
    except (OSError, ValueError):  # missing, or not a possible path
        pass
    raise StoreError(f"run {entry.id} has no file {name!r}")


def preview(path: Path) -> dict[str, Any]:
    """Return the beginning of a text file; `text` is None for a binary one."""
    with open_file(path) as opened:
        content = opened.read(MAX_PREVIEW_BYTES)
    size = path.stat().st_size
    text = None if b"\0" in content else content.decode("utf-8", "replace")
    return {"text": text, "cut": size > len(content), "size": size}


def console(entry: RunEntry) -> dict[str, Any]:
    """Return the end of what the run printed."""
    try:
        path = file(entry, CONSOLE_FILE)
    except StoreError:
        return {"text": "", "cut": False}
    with open_file(path) as opened:
        size = path.stat().st_size
        opened.seek(max(0, size - MAX_CONSOLE_BYTES))
        text = opened.read(MAX_CONSOLE_BYTES).decode("utf-8", "replace")
    cut = size > MAX_CONSOLE_BYTES
    return {"text": text.partition("\n")[2] if cut else text, "cut": cut}


def code(entry: RunEntry) -> dict[str, Any]:
    """Return the last 300 executed cells with their sources, and the saved scripts."""
    log = CellLog(Path(entry.path) / FILE)
    log.advance()
    cells = [
        {
            "id": cell.number,
            "n": cell.number,
            "source": cell.source[:MAX_SOURCE],
            "cut": len(cell.source) > MAX_SOURCE,
            "started": cell.started,
            "seconds": cell.seconds,
            "ok": cell.ok,
            "error": cell.error,
        }
        for cell in list(log.cells.values())[-MAX_CELLS:]
    ]
    code_files = [info for info in files(entry) if info["path"].startswith("code/") or info["path"] == "diff.patch"]
    return {"cells": cells, "files": code_files}


def _walk(root: Path) -> Iterator[Path]:
    """Yield the plain files below *root*, folder by folder, sorted."""
    try:
        paths = sorted(root.iterdir())
    except OSError:
        return
    for path in paths:
        if path.is_symlink():
            continue
        if path.is_dir():
            yield from _walk(path)
        elif path.is_file():
            yield path
