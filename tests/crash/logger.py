"""The processes that the crash tests start: they log through encoder and writer until something happens to them.

`logger.py MODE RUN_FILE [number]`; each row is `{"thread": t, "i": i}`, and is reported on standard output as a line
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

from wandb_nb.store.history import HistoryEncoder
from wandb_nb.store.writer import RunWriter

encode = HistoryEncoder().encode


def log(writer: RunWriter, thread: int, index: int) -> None:
    """Append one row."""
    writer.append(encode({"thread": thread, "i": index, "loss": 1 / (index + 1)}, index, 0.5, time.time()))


def report(thread: int, index: int) -> None:
    """Tell that a row's append has returned."""
    os.write(1, b"%d %d\n" % (thread, index))


def log_until_killed(writer: RunWriter, thread: int) -> None:
    """Log at full speed."""
    for index in range(10_000_000):
        log(writer, thread, index)
        report(thread, index)


def kill(path: str, threads: int) -> None:
    """Log from *threads* threads until the kill comes."""
    writer = RunWriter(path)
    for thread in range(1, threads):
        threading.Thread(target=log_until_killed, args=(writer, thread), daemon=True).start()
    log_until_killed(writer, 0)


def interrupt(path: str, rounds: int) -> None:
    """Log while interrupts come at any moment, as from a notebook's Stop button, and go on after each."""
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
    """Log into a file that may not grow above a limit, raise the limit, and go on; told: the reported rows."""
    warnings: list[str] = []
    writer = RunWriter(path, warn=warnings.append)
    if append_only:  # then a failed write cannot be cut off again
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
    Path(f"{path}.told").write_text(f"{len(warnings)} {writer.lost} {index}\n{warnings[0]}", "utf-8")


if __name__ == "__main__":
    {"kill": kill, "interrupt": interrupt, "limited": limited}[sys.argv[1]](sys.argv[2], int(sys.argv[3]))
