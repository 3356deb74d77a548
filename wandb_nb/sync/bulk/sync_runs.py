"""Sends many runs in one call: several concurrently, the parts of one run in their order."""

from __future__ import annotations

import threading
import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import Error
from wandb_nb.store.format.layout import run_id
from wandb_nb.store.runs.registry import Registry
from wandb_nb.store.runs.sync_progress import DONE, WAITING
from wandb_nb.store.writing.owner_lock import owner_alive
from wandb_nb.sync.background.request_folder import remove_run_everywhere
from wandb_nb.sync.bulk.sync_status import is_syncing
from wandb_nb.sync.bulk.target_check import EntityCheck
from wandb_nb.sync.http.transport import connect
from wandb_nb.sync.upload.sender import RunSender

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from pathlib import Path

    from wandb_nb.store.runs.sync_progress import SyncProgress
    from wandb_nb.sync.http.network import Network
    from wandb_nb.sync.upload.run_metadata import Target

DEFAULT_WORKERS = 4
STOP_TIMEOUT_SECONDS = 3.0
TAKE_OVER_SECONDS, POLL_SECONDS = 15.0, 0.05
MAX_RETRIES = 5
"""The caller waits: what is not sent after this many retries stays for the next call."""
RESULT_FIELDS = ("state", "entity", "project", "run", "name", "rows", "url", "message", "problems", "damaged")
FAILED = "failed"


class BulkSync:
    """Sends runs to *target* with up to *max_workers* threads; `results` holds the outcome of each file.

    A run whose file names an entity that is neither the account's, nor in *confirmed_entities*, is refused unless
    *target* names one. With *follow*, active runs are sent until they end. *report_progress* is called, from any
    thread, with a run's file and progress.
    """

    def __init__(
        self,
        network: Network,
        target: Target,
        *,
        max_workers: int = DEFAULT_WORKERS,
        confirmed_entities: Collection[str] = (),
        follow: bool = False,
        report_progress: Callable[[Path, SyncProgress], None] | None = None,
    ) -> None:
        self._network = network if follow else network.with_fewer_retries(MAX_RETRIES)
        self._target, self._follow = target, follow
        self._report_progress = report_progress or (lambda _file, _progress: None)
        self._max_workers, self._workers = max_workers, list[threading.Thread]()
        self._stop = threading.Event()
        self._accepts_entity = EntityCheck(self._network, self._stop, confirmed_entities)
        self._queue: SimpleQueue[list[Path]] = SimpleQueue()
        self._files: set[Path] = set()
        self.results: dict[Path, dict[str, Any]] = {}

    def add(self, files: Iterable[Path]) -> None:
        """Start to send those of *files* that were not added before; the oldest come first."""
        groups: dict[str, list[Path]] = {}
        for file in files:
            if file not in self._files:
                self._files.add(file)
                groups.setdefault(run_id(file), []).append(file)
        for group in groups.values():
            self._queue.put(group)
        self._workers = [worker for worker in self._workers if worker.is_alive()]
        for _ in range(min(self._queue.qsize(), self._max_workers - len(self._workers))):
            self._workers.append(threading.Thread(target=self._work, name="wandb_nb-bulk", daemon=True))
            self._workers[-1].start()

    def wait(self, timeout_seconds: float | None = None) -> bool:
        """Wait until everything is sent; *timeout_seconds* applies to each worker. Return whether it is."""
        for worker in self._workers:
            worker.join(timeout_seconds)
        return not any(worker.is_alive() for worker in self._workers)

    def stop(self) -> None:
        """Stop sending; unsent data stays for the next call."""
        self._stop.set()
        self.wait(STOP_TIMEOUT_SECONDS)
        for file in self._files - set(self.results):
            self.results[file] = _failure(file, "interrupted before it was sent")

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                group = self._queue.get_nowait()
            except Empty:
                return
            for file in group:
                if not self._stop.is_set():
                    self.results[file] = self._send(file)

    def _send(self, file: Path) -> dict[str, Any]:
        def report(progress: SyncProgress) -> None:
            self._report_progress(file, progress)

        try:
            _take_over(file)
            sender = RunSender(
                file,
                self._network,
                connect(self._network),
                self._stop,
                target=self._target,
                accepts_entity=self._accepts_entity,
                report_progress=report,
            )
            progress = sender.send(follow=self._follow)
        except (Error, OSError) as error:
            return _failure(file, str(error))
        message = progress.message or ("interrupted" if progress.state == WAITING else "")
        fields = {name: getattr(progress, name) for name in RESULT_FIELDS}
        if progress.renumbering:
            fields["renumbering"] = progress.renumbering
        return {"path": str(file.parent), **fields, "message": message}


def _take_over(file: Path) -> None:
    """Take a run whose process has ended from the background process, which may be waiting for a server."""
    if owner_alive(file.parent) is not False or not is_syncing(file):
        return
    remove_run_everywhere(Registry().folder, file)
    deadline = time.monotonic() + TAKE_OVER_SECONDS
    while is_syncing(file) and time.monotonic() < deadline:
        time.sleep(POLL_SECONDS)


def _failure(file: Path, reason: str) -> dict[str, Any]:
    return {"path": str(file.parent), "state": FAILED, "message": reason, "problems": []}


def result_lines(result: dict[str, Any]) -> list[str]:
    """Return the lines for one of `BulkSync.results`: one for the run, and one for each problem."""
    state, note = result["state"], result.get("url") or result.get("message") or ""
    rows = f", {result['rows']} rows" if "rows" in result else ""
    lines = [f"{state}: {result['path']}{rows} {note}".rstrip(), *(f"  {text}" for text in result.get("problems", ()))]
    lines += [f"  {result['renumbering']}"] if result.get("renumbering") else []
    if state not in (DONE, "would be sent") and result.get("url"):
        lines.append(f"  {result['message'] or 'the run is still active'}")
    return lines
