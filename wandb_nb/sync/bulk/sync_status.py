"""The runs of this machine that are being sent or wait for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from wandb_nb.errors import RunNotFoundError
from wandb_nb.store.reading.tail import run_file
from wandb_nb.store.runs.registry import Registry
from wandb_nb.store.writing.owner_lock import owner_alive
from wandb_nb.sync.upload import progress as cursors


def listed() -> list[dict[str, Any]]:
    """Return, newest first, each run with a cursor that is not at the end: state, what is sent and pending, trouble."""
    found = []
    for entry in Registry().all():
        try:
            file = run_file(entry.path)
            size = file.stat().st_size
        except (RunNotFoundError, OSError):  # deleted
            continue
        known = cursors.load(file)
        if known is None or (known.done and not known.problems):
            continue
        found.append(
            {
                "id": entry.id,
                "name": entry.name,
                "project": known.project or entry.project,
                "path": str(Path(entry.path)),
                "state": known.state if being_sent(file) or known.state == cursors.REFUSED else "paused",
                "running": bool(owner_alive(file.parent)),
                "rows": known.rows,
                "pending_bytes": max(0, size - known.offset) + known.bytes_left,
                "pending_files": known.files_left,
                "url": known.url,
                "message": known.message or "; ".join(known.problems),
            }
        )
    return found


def being_sent(file: Path) -> bool:
    """Tell whether some process sends the run of *file* just now."""
    try:
        with cursors.sending(file) as free:
            return not free
    except OSError:
        return False
