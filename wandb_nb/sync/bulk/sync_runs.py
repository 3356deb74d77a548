"""Many runs sent by one call: several at once, the parts of one run in their order."""

from __future__ import annotations

import threading
import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import Error
from wandb_nb.store.reading.tail import run_id
from wandb_nb.store.runs.registry import Registry
from wandb_nb.store.writing.owner_lock import owner_alive
from wandb_nb.sync.background.launch import take_back
from wandb_nb.sync.bulk.sync_status import being_sent
from wandb_nb.sync.http.transport import connect
from wandb_nb.sync.upload import progress as cursors
from wandb_nb.sync.upload.sender import RunSender

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from pathlib import Path

    from wandb_nb.sync.http.network import Network
    from wandb_nb.sync.upload.progress import SyncProgress
    from wandb_nb.sync.upload.run_metadata import Target

WORKERS = 4
GOODBYE_S = 3.0
TAKE_OVER_S, LOOK_S = 15.0, 0.05
ATTEMPTS = 5
"""Somebody waits: what isn't sent after so many attempts stays for the next call."""
TOLD = ("state", "entity", "project", "run", "name", "rows", "url", "message", "problems", "damaged")
FAILED = "failed"


class BulkSync:
    """Sends runs to *target* by at most *workers* threads; `results` tells by file what became of each.

    *follow* runs that go on until their end.  *progress* is called, from any thread, with a run's file and how far
    that is.
    """

    def __init__(
        self,
        network: Network,
        target: Target,
        *,
        workers: int = WORKERS,
        follow: bool = False,
        progress: Callable[[Path, SyncProgress], None] | None = None,
    ) -> None:
        self._network = network if follow else network.impatient(ATTEMPTS)
        self._target, self._follow = target, follow
        self._progress = progress or (lambda _file, _cursor: None)
        self._most, self._workers = workers, list[threading.Thread]()
        self._stop = threading.Event()
        self._todo: SimpleQueue[list[Path]] = SimpleQueue()
        self._taken: set[Path] = set()
        self.results: dict[Path, dict[str, Any]] = {}

    def take(self, files: Iterable[Path]) -> None:
        """Begin to send *files* that are not taken yet, given oldest first."""
        groups: dict[str, list[Path]] = {}
        for file in files:
            if file not in self._taken:
                self._taken.add(file)
                groups.setdefault(run_id(file), []).append(file)
        for group in groups.values():
            self._todo.put(group)
        self._workers = [worker for worker in self._workers if worker.is_alive()]
        for _ in range(min(self._todo.qsize(), self._most - len(self._workers))):
            self._workers.append(threading.Thread(target=self._work, name="wandb_nb-batch", daemon=True))
            self._workers[-1].start()

    def wait(self, seconds: float | None = None) -> bool:
        """Wait until all is sent, *seconds* at most; return whether it is."""
        for worker in self._workers:
            worker.join(seconds)
        return not any(worker.is_alive() for worker in self._workers)

    def stop(self) -> None:
        """Give up what is not sent yet: it stays for the next time."""
        self._stop.set()
        self.wait(GOODBYE_S)
        for file in self._taken - set(self.results):
            self.results[file] = _failure(file, "interrupted before it was sent")

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                group = self._todo.get_nowait()
            except Empty:
                return
            for file in group:
                if not self._stop.is_set():
                    self.results[file] = self._send(file)

    def _send(self, file: Path) -> dict[str, Any]:
        def told(cursor: SyncProgress) -> None:
            self._progress(file, cursor)

        try:
            _take_over(file)
            sender = RunSender(
                file, self._network, connect(self._network), self._stop, target=self._target, progress=told
            )
            cursor = sender.send(follow=self._follow)
        except (Error, OSError) as error:
            return _failure(file, str(error))
        message = cursor.message or ("interrupted" if cursor.state == cursors.WAITING else "")
        return {"path": str(file.parent), **{key: getattr(cursor, key) for key in TOLD}, "message": message}


def _take_over(file: Path) -> None:
    """Have the background process leave a run to this one, if its own process has ended: it may wait for a server."""
    if owner_alive(file.parent) is not False or not being_sent(file):
        return
    take_back(Registry().folder, file)
    deadline = time.monotonic() + TAKE_OVER_S
    while being_sent(file) and time.monotonic() < deadline:
        time.sleep(LOOK_S)


def _failure(file: Path, why: str) -> dict[str, Any]:
    return {"path": str(file.parent), "state": FAILED, "message": why, "problems": []}


def said(result: dict[str, Any]) -> list[str]:
    """Return the lines for one of `BulkSync.results`: one for the run, and one for each problem."""
    state, note = result["state"], result.get("url") or result.get("message") or ""
    rows = f", {result['rows']} rows" if "rows" in result else ""
    lines = [f"{state}: {result['path']}{rows} {note}".rstrip(), *(f"  {text}" for text in result.get("problems", ()))]
    if state not in (cursors.DONE, "would be sent") and result.get("url"):
        lines.append(f"  {result['message'] or 'the run goes on'}")
    return lines
