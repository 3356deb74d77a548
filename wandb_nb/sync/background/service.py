"""The service that sends all runs of one user process, in a process of its own or in a thread of it."""

from __future__ import annotations

import json
import logging
import os
import signal
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

from wandb_nb.errors import Error
from wandb_nb.store.runs.sync_progress import REFUSED
from wandb_nb.sync.background.background_requests import answer_request
from wandb_nb.sync.background.request_folder import (
    ANSWER_SUFFIX,
    REQUEST_SUFFIX,
    acquire_lock,
    requested_runs,
    write_json,
)
from wandb_nb.sync.http.network import Network
from wandb_nb.sync.http.transport import connect
from wandb_nb.sync.upload.run_metadata import ONLINE_RUN
from wandb_nb.sync.upload.sender import RunSender

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

POLL_SECONDS = 0.2
FSYNC_EVERY_SECONDS = 1.0
IDLE_TIMEOUT_SECONDS = 10.0
"""How long the service waits for another run after the last one."""
MIN_PAUSE_SECONDS, MAX_PAUSE_SECONDS = 0.5, 30.0
"""The wait after a failed attempt at a run, before the next one continues from its progress."""
JOIN_SECONDS = 2.0
log = logging.getLogger(__name__)
_threads: dict[Path, threading.Thread] = {}


class Service:
    """Sends the runs requested in *folder*, each to its end; *is_owner_alive* says whether the user's process lives."""

    def __init__(
        self, folder: Path, network: Network, stop: threading.Event, is_owner_alive: Callable[[], bool]
    ) -> None:
        self._folder, self._network, self._stop, self._is_owner_alive = folder, network, stop, is_owner_alive
        self._runs: dict[Path, tuple[threading.Thread, threading.Event]] = {}
        self._synced_sizes: dict[Path, int] = {}
        self._answering: dict[Path, threading.Thread] = {}

    def serve(self, lock: int | None = None) -> None:
        """Serve until there is nothing to do, or *stop* is set; return if another service has this folder.

        *lock* is that of the folder, if it is taken already.
        """
        lock = acquire_lock(self._folder) if lock is None else lock
        while lock is not None:
            try:
                self._serve()
            finally:
                os.close(lock)
            # A run requested between the last scan and the release of the lock found the lock still taken.
            if self._stop.is_set() or not requested_runs(self._folder):
                break
            lock = acquire_lock(self._folder)
        if not self._stop.is_set() and not self._is_owner_alive():
            self._remove_folder()

    def _serve(self) -> None:
        idle_since = time.monotonic()
        next_fsync = 0.0
        while not self._stop.is_set():
            self._update_runs()
            self._answer_new()
            now = time.monotonic()
            if self._runs or self._answering:
                idle_since = now
            elif not self._is_owner_alive() or now - idle_since > IDLE_TIMEOUT_SECONDS:
                return
            if now >= next_fsync:
                next_fsync = now + FSYNC_EVERY_SECONDS
                self._fsync_grown()
            self._stop.wait(POLL_SECONDS)
        for thread, stop in self._runs.values():
            stop.set()
            thread.join(JOIN_SECONDS)

    def _update_runs(self) -> None:
        """Start threads for new requests, and stop those whose run is finished or was cancelled."""
        requests = requested_runs(self._folder)
        for request, (thread, stop) in list(self._runs.items()):
            if not thread.is_alive():
                del self._runs[request]
            elif request not in requests:
                stop.set()
        for request, run_file in requests.items():
            if request not in self._runs:
                self._synced_sizes.setdefault(run_file, -1)
                stop = threading.Event()
                thread = threading.Thread(
                    target=self._send_to_end, args=(request, run_file, stop), name="wandb_nb-run", daemon=True
                )
                self._runs[request] = thread, stop
                thread.start()

    def _answer_new(self) -> None:
        """Start threads that answer new requests, and drop those that are done."""
        for request, thread in list(self._answering.items()):
            if not thread.is_alive():
                del self._answering[request]
        for request in self._folder.glob(f"*{REQUEST_SUFFIX}"):
            if request not in self._answering and not request.with_suffix(ANSWER_SUFFIX).exists():
                thread = threading.Thread(target=self._answer, args=(request,), name="wandb_nb-request", daemon=True)
                self._answering[request] = thread
                thread.start()

    def _answer(self, request: Path) -> None:
        try:
            answer = answer_request(json.loads(request.read_text("utf-8")), self._network, self._stop)
        except OSError:  # withdrawn
            return
        except Exception as error:
            log.exception("a request could not be answered")
            answer = {"error": f"the background process failed ({type(error).__name__})", "status": 0}
        write_json(request.with_suffix(ANSWER_SUFFIX), answer)

    def _send_to_end(self, request: Path, run_file: Path, stop: threading.Event) -> None:
        """Send one run, with repeated attempts, until it is finished, refused or cancelled."""
        pause = MIN_PAUSE_SECONDS
        while not stop.is_set():
            if self._send_once(run_file, stop) or not run_file.exists():
                request.unlink(missing_ok=True)
                self._synced_sizes.pop(run_file, None)
                return
            stop.wait(pause)
            pause = min(2 * pause, MAX_PAUSE_SECONDS)

    def _send_once(self, run_file: Path, stop: threading.Event) -> bool:
        """Make one attempt to send a run; return whether it is finished or refused."""
        try:
            sender = RunSender(run_file, self._network, connect(self._network), stop, target=ONLINE_RUN)
            progress = sender.send(follow=True)
        except Error as error:  # the directory was deleted, or another process sends the run
            log.warning("%s: %s", run_file, error)
        except Exception:  # the edge of a background thread: one failing run must not stop the others
            log.exception("sending %s failed", run_file)
        else:
            return progress.done or progress.state == REFUSED
        return False

    def _fsync_grown(self) -> None:
        """Flush run files that have grown to the disk."""
        for run_file, size in list(self._synced_sizes.items()):
            with suppress(OSError):
                new_size = run_file.stat().st_size
                if new_size != size:
                    fd = os.open(run_file, os.O_RDONLY)
                    try:
                        getattr(os, "fdatasync", os.fsync)(fd)
                    finally:
                        os.close(fd)
                    self._synced_sizes[run_file] = new_size

    def _remove_folder(self) -> None:
        """Remove the folder of a process that has ended, if no run is left in it."""
        if not requested_runs(self._folder):
            for file in self._folder.glob("*"):
                file.unlink(missing_ok=True)
            with suppress(OSError):
                self._folder.rmdir()


def main(folder: Path, lock: int) -> None:
    """Serve *folder*, whose *lock* is taken, with the settings that `launch` put into the environment."""
    from wandb_nb.settings import resolve

    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    parent = int(folder.name.partition("-")[0])
    network = Network.from_settings(resolve({}))
    Service(folder, network, stop, lambda: os.getppid() == parent).serve(lock)


def start_thread(folder: Path, variables: Mapping[str, str]) -> bool:
    """Serve *folder* from a thread of this process unless one does; return whether it was started."""
    from wandb_nb.settings import resolve

    current = _threads.get(folder)
    if current is not None and current.is_alive():
        return False
    network = Network.from_settings(resolve({}, environ={**os.environ, **variables}))
    service = Service(folder, network, threading.Event(), lambda: True)
    thread = threading.Thread(target=service.serve, name="wandb_nb-sync", daemon=True)
    _threads[folder] = thread
    thread.start()
    return True


def _forget_threads() -> None:
    """Drop the parent's threads, which a forked child does not have."""
    _threads.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_threads)
