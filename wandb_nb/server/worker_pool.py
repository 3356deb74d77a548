"""`run_workers`: several server processes at one socket; one that ends is replaced."""

from __future__ import annotations

import logging
import multiprocessing
import os
import shutil
import signal
import threading
import time
from contextlib import suppress
from multiprocessing.connection import wait
from typing import TYPE_CHECKING

from prometheus_client.multiprocess import mark_process_dead

from wandb_nb.errors import StoreError
from wandb_nb.server.monitoring.request_metrics import METRICS_FOLDER_VARIABLE
from wandb_nb.server.worker import SHUTDOWN_SECONDS, run_worker

if TYPE_CHECKING:
    import socket
    from multiprocessing.context import SpawnProcess
    from pathlib import Path
    from types import FrameType

    from wandb_nb.server.worker import WorkerOptions

_POLL_SECONDS = 0.5
_MIN_LIFE_SECONDS = 1.0  # a worker that cannot start is not started more often
_RETRY_SECONDS = 2.0
_END_SECONDS = SHUTDOWN_SECONDS + 5.0


def run_workers(options: WorkerOptions, listener: socket.socket, count: int) -> None:
    """Answer requests in *count* processes until SIGINT or SIGTERM, and end with all of them."""
    folder = options.folder / "metrics"
    shutil.rmtree(folder, ignore_errors=True)  # of a start that was killed
    folder.mkdir(mode=0o700)
    os.environ[METRICS_FOLDER_VARIABLE] = str(folder)  # the library of the workers reads it when it is imported
    try:
        _WorkerPool(options, listener, count, folder).run()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


class _WorkerPool:
    """The worker processes, by their numbers; the first one also cleans."""

    def __init__(self, options: WorkerOptions, listener: socket.socket, count: int, metrics: Path) -> None:
        self._options, self._listener, self._metrics = options, listener, metrics
        self._context = multiprocessing.get_context("spawn")  # nothing of this process is in them
        self._is_ending = False
        self._started = [0.0] * count
        self._workers: list[SpawnProcess] = []

    def run(self) -> None:
        for name in (signal.SIGINT, signal.SIGTERM):
            signal.signal(name, self._begin_to_end)
        try:
            self._workers = [self._start(number) for number in range(len(self._started))]
            while not self._is_ending:
                wait([worker.sentinel for worker in self._workers], _POLL_SECONDS)
                self._replace_ended()
        finally:
            self._end()

    def _begin_to_end(self, _: int, __: FrameType | None) -> None:
        self._is_ending = True

    def _start(self, number: int) -> SpawnProcess:
        self._started[number] = time.monotonic()
        worker = self._context.Process(target=_work, args=(self._options, self._listener, number), daemon=True)
        worker.start()
        return worker

    def _replace_ended(self) -> None:
        for number, worker in enumerate(self._workers):
            if worker.is_alive() or self._is_ending:
                continue
            logging.getLogger(__name__).error(
                "the server process %s ended (exit code %s); another one starts", worker.pid, worker.exitcode
            )
            mark_process_dead(worker.pid, str(self._metrics))  # type: ignore[no-untyped-call]  # the library has no types
            time.sleep(max(0.0, self._started[number] + _MIN_LIFE_SECONDS - time.monotonic()))
            self._workers[number] = self._start(number)

    def _end(self) -> None:
        for worker in self._workers:
            worker.terminate()
        deadline = time.monotonic() + _END_SECONDS
        for worker in self._workers:
            worker.join(max(0.0, deadline - time.monotonic()))
            worker.kill()
            worker.join()


def _work(options: WorkerOptions, listener: socket.socket, number: int) -> None:
    """Run a worker, in its own process, which ends with its parent."""
    threading.Thread(target=_end_with_parent, name="end-with-parent", daemon=True).start()
    with suppress(KeyboardInterrupt):
        while not _is_served(options, listener, cleans=number == 0):
            time.sleep(_RETRY_SECONDS)


def _is_served(options: WorkerOptions, listener: socket.socket, *, cleans: bool) -> bool:
    """Answer requests until a signal; return False if the data cannot be opened, as when the database is down."""
    try:
        run_worker(options, listener, cleans=cleans)
    except StoreError as error:
        logging.getLogger(__name__).error("a server process waits: %s", error)  # noqa: TRY400 -- the log needs no traceback
        return False
    return True


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os.kill(os.getpid(), signal.SIGTERM)
