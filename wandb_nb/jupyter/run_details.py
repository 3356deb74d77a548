"""What a run's full view shows beside its charts: files, console and code."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from wandb_nb.errors import StoreError
from wandb_nb.store.reading.executed_cells import FILE, CellLog

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wandb_nb.store.runs.registry import RunEntry

CONSOLE = "output.log"
CONSOLE_BYTES = 256 << 10
PREVIEW_BYTES = 512 << 10
MOST_FILES = 1_000
MOST_CELLS = 300
LONGEST_SOURCE = 20_000


class FileFacts(TypedDict):
    """A file of the run: its path below `files/`, and its size in bytes."""

    path: str
    size: int


def files(entry: RunEntry) -> list[FileFacts]:
    """Return the run's files, a thousand at most, sorted by path; links are left out."""
    root = Path(entry.path) / "files"
    return [
        {"path": path.relative_to(root).as_posix(), "size": path.stat().st_size}
        for path, _ in zip(_walk(root), range(MOST_FILES), strict=False)
    ]


def file(entry: RunEntry, name: str) -> Path:
    """Return where the file *name* lies; raises StoreError for what is no file of the run."""
    root = (Path(entry.path) / "files").resolve()
    try:
        path = (root / name).resolve(strict=True)
        if path.is_relative_to(root) and path.is_file():
            return path
    except (OSError, ValueError):  # missing, or a name that no path can be
        pass
    raise StoreError(f"The run {entry.id} has no file {name!r}.")


def preview(path: Path) -> dict[str, Any]:
    """Return the beginning of a text file; `text` is None for what is no text."""
    with path.open("rb") as opened:
        data = opened.read(PREVIEW_BYTES)
    size = path.stat().st_size
    readable = b"\0" not in data
    return {"text": data.decode("utf-8", "replace") if readable else None, "cut": size > len(data), "size": size}


def console(entry: RunEntry) -> dict[str, Any]:
    """Return the end of what the run printed."""
    try:
        path = file(entry, CONSOLE)
    except StoreError:
        return {"text": "", "cut": False}
    with path.open("rb") as opened:
        size = path.stat().st_size
        opened.seek(max(0, size - CONSOLE_BYTES))
        text = opened.read().decode("utf-8", "replace")
    cut = size > CONSOLE_BYTES
    return {"text": text.partition("\n")[2] if cut else text, "cut": cut}


def code(entry: RunEntry) -> dict[str, Any]:
    """Return the newest 300 cells of the notebook's session with sources, and the names of the saved scripts."""
    log = CellLog(Path(entry.path) / FILE)
    log.advance()
    cells = [
        {
            "id": cell.number,
            "n": cell.number,
            "source": cell.source[:LONGEST_SOURCE],
            "cut": len(cell.source) > LONGEST_SOURCE,
            "started": cell.started,
            "seconds": cell.seconds,
            "ok": cell.ok,
            "error": cell.error,
        }
        for cell in list(log.cells.values())[-MOST_CELLS:]
    ]
    saved = [one for one in files(entry) if one["path"].startswith("code/") or one["path"] == "diff.patch"]
    return {"cells": cells, "files": saved}


def _walk(root: Path) -> Iterator[Path]:
    """Yield the plain files below *root*, folder by folder, sorted."""
    try:
        found = sorted(root.iterdir())
    except OSError:
        return
    for path in found:
        if path.is_symlink():
            continue
        if path.is_dir():
            yield from _walk(path)
        elif path.is_file():
            yield path
