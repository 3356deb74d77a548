"""`run.status()`: how much of a run is on its server."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, NamedTuple

from wandb_nb.store.runs.sync_progress import load_progress, progress_path

if TYPE_CHECKING:
    from wandb_nb.tracking.session.run_session import RunSession


class RunStatus(NamedTuple):
    """Rows and files of a run, how many of them are not on the server yet, and when something was sent last."""

    sync_items_total: int
    sync_items_pending: int
    sync_time: dt.datetime | None


def run_status(session: RunSession) -> RunStatus:
    """Return the status of the run; where nothing was sent, all its rows are pending."""
    rows = session.logger.rows - session.logger.lost
    run_file = session.directory.run_file if session.directory else None
    progress = load_progress(run_file) if run_file else None
    if progress is None or run_file is None:
        return RunStatus(rows, rows, None)
    files = len(progress.files) + progress.files_left
    sent = dt.datetime.fromtimestamp(progress_path(run_file).stat().st_mtime, dt.timezone.utc)
    return RunStatus(rows + files, max(0, rows - progress.rows) + progress.files_left, sent)
