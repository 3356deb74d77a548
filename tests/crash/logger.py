"""The processes that the crash tests start: they log until something happens to them.

`logger.py MODE PATH NUMBER`; each row is `{"thread": t, "i": i}`, and is reported on standard output as a line
`t i` after the append has returned, never before.
"""

from __future__ import annotations

import os
import resource
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from wandb_nb.store.writing.row_encoder import RowEncoder
from wandb_nb.store.writing.writer import RunWriter

if TYPE_CHECKING:
    from collections.abc import Callable

encode = RowEncoder().encode


def log(writer: RunWriter, thread: int, index: int) -> None:
    """Append one row."""
    writer.append(encode({"thread": thread, "i": index, "loss": 1 / (index + 1)}, index, 0.5, time.time()))


def report(thread: int, index: int) -> None:
    """Report that a row's append has returned."""
    os.write(1, b"%d %d\n" % (thread, index))


def log_until_killed(store: Callable[[int, int], None], thread: int) -> None:
    """Log at full speed."""
    for index in range(10_000_000):
        store(thread, index)
        report(thread, index)


def in_threads(store: Callable[[int, int], None], threads: int) -> None:
    """Log from *threads* threads until the process is killed."""
    for thread in range(1, threads):
        threading.Thread(target=log_until_killed, args=(store, thread), daemon=True).start()
    log_until_killed(store, 0)


def kill_writer(path: str, threads: int) -> None:
    """Log through encoder and writer."""
    writer = RunWriter(path)
    in_threads(lambda thread, index: log(writer, thread, index), threads)


def kill_run(folder: str, threads: int) -> None:
    """Log as a user does, through a run."""
    import wandb_nb

    run = wandb_nb.init(mode="offline", dir=folder, settings=wandb_nb.Settings(silent=True))
    in_threads(lambda thread, index: run.log({"thread": thread, "i": index, "loss": 1 / (index + 1)}), threads)


def interrupt(path: str, rounds: int) -> None:
    """Log while interrupts arrive at any moment, like a notebook's Stop button, and continue after each."""
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    writer = RunWriter(path)
    index = done = 0
    while done < rounds:
        try:
            signal.setitimer(signal.ITIMER_REAL, 0.00002 + done % 50 * 0.000003)
            while True:
                index += 1
                log(writer, 0, index)
                last = index
        except KeyboardInterrupt:  # noqa: PERF203 - each round ends with one
            done += 1
            with suppress(UnboundLocalError):
                report(0, last)
    writer.close()


def limited(path: str, append_only: int) -> None:
    """Log into a file with a size limit, raise the limit, and continue; report the stored rows."""
    warnings: list[str] = []
    writer = RunWriter(path, warn=warnings.append)
    if append_only:  # so that a failed write cannot be truncated
        subprocess.run(["chattr", "+a", path], check=True)
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    index = 0
    for limit in (50_000, 50_100, 90_000, hard):
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
        for _ in range(400):
            lost = writer.lost
            log(writer, 0, index)
            if writer.lost == lost:
                report(0, index)
            index += 1
    writer.close()
    if append_only:
        subprocess.run(["chattr", "-a", path], check=True)
    Path(f"{path}.report").write_text(f"{len(warnings)} {writer.lost} {index}\n{warnings[0]}", "utf-8")


if __name__ == "__main__":
    modes = {"kill_writer": kill_writer, "kill_run": kill_run, "interrupt": interrupt, "limited": limited}
    modes[sys.argv[1]](sys.argv[2], int(sys.argv[3]))
