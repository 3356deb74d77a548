"""What sends all runs of one user process, as a process of its own or as a thread of it."""

from __future__ import annotations

import json
import logging
import os
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from wandb_nb.errors import Error
from wandb_nb.sync.background.background_requests import answer
from wandb_nb.sync.background.launch import ANSWER, QUESTION, put, requests, take_lock
from wandb_nb.sync.http.network import Network
from wandb_nb.sync.http.transport import connect
from wandb_nb.sync.upload import progress as cursors
from wandb_nb.sync.upload.sender import RunSender

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LOOK_EVERY_S = 0.2
DURABLE_EVERY_S = 1.0
LOCK_WITHIN_S, LOCK_EVERY_S = 0.5, 0.02
LINGER_S = 10.0
"""How long the service waits for another run after the last one."""
FIRST_PAUSE_S, AGAIN_AFTER_S = 0.5, 30.0
"""How long it waits after it gave up a run, before all begins again at the cursor: the shortest and the longest."""

log = logging.getLogger(__name__)
_threads: dict[Path, threading.Thread] = {}


class Service:
    """Sends the runs named in *folder* until each is at its end; *alive* tells whether the user's process lives."""

    def __init__(self, folder: Path, network: Network, stop: threading.Event, alive: Callable[[], bool]) -> None:
        self._folder, self._network, self._stop, self._alive = folder, network, stop, alive
        self._runs: dict[Path, tuple[threading.Thread, threading.Event]] = {}
        self._durable: dict[Path, int] = {}
        self._answering: dict[Path, threading.Thread] = {}

    def serve(self) -> None:
        """Serve until there is nothing to do, or until *stop*; another service of this folder makes this one return."""
        while (lock := self._lock()) is not None:
            try:
                self._serve()
            finally:
                os.close(lock)
            # A run handed over between the last look and the end of the lock found the lock still taken.
            if self._stop.is_set() or not requests(self._folder):
                break
        if not self._stop.is_set() and not self._alive():
            self._tidy()

    def _lock(self) -> int | None:
        """Take the folder's lock, which somebody who looks whether it is taken may hold for a moment."""
        deadline = time.monotonic() + LOCK_WITHIN_S
        while (lock := take_lock(self._folder)) is None and time.monotonic() < deadline:
            self._stop.wait(LOCK_EVERY_S)
        return lock

    def _serve(self) -> None:
        idle_since = time.monotonic()
        next_durable = 0.0
        while not self._stop.is_set():
            self._look()
            self._answer()
            now = time.monotonic()
            if self._runs or self._answering:
                idle_since = now
            elif not self._alive() or now - idle_since > LINGER_S:
                return
            if now >= next_durable:
                next_durable = now + DURABLE_EVERY_S
                self._make_durable()
            self._stop.wait(LOOK_EVERY_S)
        for thread, stop in self._runs.values():
            stop.set()
            thread.join(timeout=2)

    def _look(self) -> None:
        """Begin with runs that are new, and let go of those that are done or were taken back."""
        wanted = requests(self._folder)
        for request, (thread, stop) in list(self._runs.items()):
            if not thread.is_alive():
                del self._runs[request]
            elif request not in wanted:
                stop.set()
        for request, run_file in wanted.items():
            if request not in self._runs:
                self._durable.setdefault(run_file, -1)
                stop = threading.Event()
                thread = threading.Thread(
                    target=self._send, args=(request, run_file, stop), name="wandb_nb-run", daemon=True
                )
                self._runs[request] = thread, stop
                thread.start()

    def _answer(self) -> None:
        """Take up questions that are new, and forget those that are answered."""
        for question, thread in list(self._answering.items()):
            if not thread.is_alive():
                del self._answering[question]
        for question in self._folder.glob(f"*{QUESTION}"):
            if question not in self._answering and not question.with_suffix(ANSWER).exists():
                thread = threading.Thread(target=self._ask, args=(question,), name="wandb_nb-question", daemon=True)
                self._answering[question] = thread
                thread.start()

    def _ask(self, question: Path) -> None:
        try:
            said = answer(json.loads(question.read_text("utf-8")), self._network, self._stop)
        except OSError:  # taken back
            return
        except Exception as error:
            log.exception("a question could not be answered")
            said = {"error": f"the background process failed ({type(error).__name__})", "status": 0}
        put(question.with_suffix(ANSWER), said)

    def _send(self, request: Path, run_file: Path, stop: threading.Event) -> None:
        """Send one run, again and again until it is at its end, refused, or taken back."""
        pause = FIRST_PAUSE_S
        while not stop.is_set():
            if self._sent(run_file, stop) or not run_file.exists():
                request.unlink(missing_ok=True)
                self._durable.pop(run_file, None)
                return
            stop.wait(pause)
            pause = min(2 * pause, AGAIN_AFTER_S)

    def _sent(self, run_file: Path, stop: threading.Event) -> bool:
        """Send one run as far as it goes; return whether nothing more is to be done for it."""
        try:
            cursor = RunSender(run_file, self._network, connect(self._network), stop).send(follow=True)
        except Error as error:  # the directory was deleted, or somebody else sends the run
            log.warning("%s: %s", run_file, error)
        except Exception:  # the edge of a background thread: one run's trouble is not the others'
            log.exception("sending %s failed", run_file)
        else:
            return cursor.done or cursor.state == cursors.REFUSED
        return False

    def _make_durable(self) -> None:
        """Bring what grew onto the disk itself."""
        for run_file, size in list(self._durable.items()):
            with suppress(OSError):
                grown = run_file.stat().st_size
                if grown != size:
                    fd = os.open(run_file, os.O_RDONLY)
                    try:
                        getattr(os, "fdatasync", os.fsync)(fd)
                    finally:
                        os.close(fd)
                    self._durable[run_file] = grown

    def _tidy(self) -> None:
        """Remove the folder of a process that is gone, if no run is left in it."""
        if not requests(self._folder):
            for file in self._folder.glob("*"):
                file.unlink(missing_ok=True)
            with suppress(OSError):
                self._folder.rmdir()


def main(folder: str) -> None:
    """Be the background process; the settings are in the environment, as `launch` put them there."""
    from wandb_nb.settings import resolve

    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)
    stop = threading.Event()
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    parent = int(Path(folder).name.partition("-")[0])
    network = Network.of(resolve({}))
    Service(Path(folder), network, stop, lambda: os.getppid() == parent).serve()


def start_thread(folder: Path, variables: Mapping[str, str]) -> bool:
    """Serve *folder* from a thread of this process, unless one does; return whether it was started."""
    from wandb_nb.settings import resolve

    running = _threads.get(folder)
    if running is not None and running.is_alive():
        return False
    network = Network.of(resolve({}, environ={**os.environ, **variables}))
    service = Service(folder, network, threading.Event(), lambda: True)
    thread = threading.Thread(target=service.serve, name="wandb_nb-sync", daemon=True)
    _threads[folder] = thread
    thread.start()
    return True


def _forget_in_child() -> None:
    """Forget the threads, which a forked child does not have."""
    _threads.clear()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_in_child)
