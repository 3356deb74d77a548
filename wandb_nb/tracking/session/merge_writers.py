"""Merging what other processes wrote to a run, by its owner at the end."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from wandb_nb.store.writing.segments import has_live_writers

if TYPE_CHECKING:
    from wandb_nb.tracking.config.config import Config
    from wandb_nb.tracking.rows.row_logger import RowLogger
    from wandb_nb.tracking.session.run_directory import RunDirectory


POLL_INTERVAL_SECONDS = 0.02


def await_writers(directory: RunDirectory, timeout_seconds: float) -> bool:
    """Wait until the other processes that write to the run have finished; False if one still writes at the end.

    Ctrl-C ends the wait: the rows of such a process stay in its segment, where readers find them.
    """
    until = time.monotonic() + (timeout_seconds or float("inf"))
    try:
        while has_live_writers(directory.path):
            if time.monotonic() >= until:
                return False
            time.sleep(POLL_INTERVAL_SECONDS)
    except KeyboardInterrupt:
        return False
    return True


def merge_writers(config: Config, directory: RunDirectory, logger: RowLogger) -> None:
    """Merge the changes of other processes into *config* and the logger's summary; before segments are folded.

    A child records its summary now and then, and may die before the last time. In that case its rows count.
    """
    from wandb_nb.store.format.layout import data_files
    from wandb_nb.store.reading.tail import Tail

    files = data_files(directory.path)
    if len(files) == 1:
        return
    from wandb_nb.store.reading.run_state import (
        replayed,  # brings numpy, which only a run of several processes has to pay for
    )

    segments, whole = replayed(map(Tail, files[1:])), replayed(map(Tail, files))
    own = directory.redact.value(config.as_dict())  # as the file has it: the program keeps its secrets
    changed = {key: value for key, value in segments.config.items() if key not in own or own[key] != value}
    config._load(changed)  # noqa: SLF001 -- this process did not change it
    summary = {key: whole.summary[key] for key in segments.summary if key in whole.summary}
    logger.summary._take_over(summary)  # noqa: SLF001 -- as above
    table = whole.table
    if len(table):
        last = int(table.step.argmax())
        logger.position.advance(float(table.step[last]), float(table.runtime[last]), float(table.timestamp[last]))
