"""The background thread of the kernel that pushes run updates to viewers and takes snapshots.

It is idle while nobody views a run and no snapshot is due. It reads the run file as every other reader does, so `log()`
never waits for it. Messages to widgets come from this thread or from the handler of a front end's message, one at a
time for each run.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

from wandb_nb.notebook.guard import guard
from wandb_nb.notebook.panel.live_run import MIN_SNAPSHOT_SECONDS

if TYPE_CHECKING:
    from wandb_nb.notebook.panel.live_run import LiveRun

PUSH_SECONDS = 0.25


class PushThread:
    """The thread that serves all shown runs of this process. Thread-safe; a forked child starts with an empty one."""

    def __init__(self) -> None:
        self._live_runs: dict[str, LiveRun] = {}
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def add(self, live_run: LiveRun) -> None:
        """Serve *live_run* until `remove`; the first run starts the thread."""
        self._live_runs[live_run.run.id] = live_run
        live_run.wake = self._wake.set
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._serve, name="wandb-nb-push", daemon=True)
            self._thread.start()
        self._wake.set()

    def remove(self, run_id: str) -> None:
        """Stop serving that run; the thread ends with the last one."""
        self._live_runs.pop(run_id, None)
        self._wake.set()

    def close(self) -> None:
        """Stop serving all runs and wait for the thread to end, at most one second."""
        self._live_runs.clear()
        self._wake.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(1.0)

    def _serve(self) -> None:
        while self._live_runs:
            self._wake.wait(self._wait_seconds())
            self._wake.clear()
            for live_run in list(self._live_runs.values()):
                with guard("refreshing the view"):
                    _update(live_run)

    def _wait_seconds(self) -> float:
        """Return the seconds until a push or a snapshot is due."""
        live_runs = list(self._live_runs.values())
        if any(live_run.has_viewers for live_run in live_runs):
            return PUSH_SECONDS
        waits = (live_run.snapshot_due_at - time.monotonic() for live_run in live_runs)
        return min((wait for wait in waits if wait > 0), default=MIN_SNAPSHOT_SECONDS)


def _update(live_run: LiveRun) -> None:
    """Push new rows to the viewers, and take a snapshot if one is due."""
    if live_run.has_viewers:
        live_run.push()
        live_run.notify_observers()
    started = time.monotonic()
    if live_run.is_snapshot_due(started) and live_run.take_snapshot is not None:
        live_run.take_snapshot()
        live_run.render_seconds = time.monotonic() - started
