"""The runs of this machine that are being sent or wait for a server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from wandb_nb.errors import RunNotFoundError
from wandb_nb.store.format.layout import run_file
from wandb_nb.store.runs.registry import Registry
from wandb_nb.store.runs.sync_progress import REFUSED, load_progress, sync_lock
from wandb_nb.store.writing.owner_lock import owner_alive


def unfinished_syncs() -> list[dict[str, Any]]:
    """Return, newest first, each run whose sync has started and not finished: state, sent and pending data, message."""
    runs = []
    for entry in Registry().all():
        try:
            file = run_file(entry.path)
            size = file.stat().st_size
        except (RunNotFoundError, OSError):  # deleted
            continue
        progress = load_progress(file)
        if progress is None or (progress.done and not progress.problems):
            continue
        runs.append(
            {
                "id": entry.id,
                "name": entry.name,
                "project": progress.project or entry.project,
                "path": str(Path(entry.path)),
                "state": progress.state if is_syncing(file) or progress.state == REFUSED else "paused",
                "running": bool(owner_alive(file.parent)),
                "rows": progress.rows,
                "pending_bytes": max(0, size - progress.offset) + progress.bytes_left,
                "pending_files": progress.files_left,
                "url": progress.url,
                "server": progress.server,
                "message": progress.message or "; ".join(progress.problems),
            }
        )
    return runs


def is_syncing(file: Path) -> bool:
    """Return whether some process is sending the run of *file* now."""
    try:
        with sync_lock(file) as is_free:
            return not is_free
    except OSError:
        return False
