"""How far a run has been sent to a server, for the header of its message. Needs no numpy."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from wandb_nb.formatting import clean
from wandb_nb.store.format.layout import OFFLINE_PREFIX
from wandb_nb.store.runs.sync_progress import (
    CONNECTING,
    DONE,
    REFUSED,
    WAITING,
    load_progress,
    page_server,
    progress_path,
)

if TYPE_CHECKING:
    from pathlib import Path

    from wandb_nb.store.runs.sync_progress import SyncProgress
    from wandb_nb.view.message.run_message import RunHeader, SyncHeader

MAX_MESSAGE = 200


class SyncReader:
    """Reads the progress file of *run_file*, again only when it has been replaced. Not thread-safe."""

    def __init__(self, run_file: Path) -> None:
        self._run_file, self._path = run_file, progress_path(run_file)
        self._online = not run_file.parent.name.startswith(OFFLINE_PREFIX)
        self._stamp: tuple[int, int, int] | None = None
        self._progress: SyncProgress | None = None

    def add_to(self, run: RunHeader, rows: int, *, active: bool) -> None:
        """Add to *run*, whose file has *rows* rows, its address and how far it has been sent."""
        progress = self._load()
        run["sync"] = sync_header(progress, rows, active=active) if progress or (self._online and active) else None
        run["url"] = (progress.url if progress else "") or None

    def _load(self) -> SyncProgress | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        stamp = (status.st_mtime_ns, status.st_size, status.st_ino)
        if stamp != self._stamp:
            self._stamp, self._progress = stamp, load_progress(self._run_file)
        return self._progress


def sync_header(progress: SyncProgress | None, rows: int, *, active: bool, server: str = "") -> SyncHeader:
    """Return how far a run with *rows* rows has been sent to *server*; *progress* is None before the first attempt.

    Nobody may be sending a run that is no longer *active*: what its server lacks is then waiting.
    """
    server = _host(page_server(progress.server if progress and progress.server else server))
    if progress is None:
        return {"state": "connecting", "waiting": rows, "message": "", "server": server}
    header: SyncHeader = {
        "state": "waiting",
        "waiting": max(0, rows - progress.rows),
        "message": clean(progress.message or "; ".join(progress.problems), MAX_MESSAGE),
        "server": server,
    }
    if progress.state in (DONE, REFUSED):
        header["state"] = "done" if progress.state == DONE else "refused"
    elif active and progress.state != WAITING:
        header["state"] = "connecting" if progress.state == CONNECTING else "sending"
    return header


def _host(address: str) -> str:
    """Return the host and port of *address*; empty if it has none."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return clean(parts.netloc.rpartition("@")[2], MAX_MESSAGE)
