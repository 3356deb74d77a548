"""What other processes did to a run, taken over by its owner at the end."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wandb_nb.tracking.run import Run
    from wandb_nb.tracking.session.row_logger import RowLogger
    from wandb_nb.tracking.session.run_directory import RunDirectory


def take_over(run: Run, place: RunDirectory, history: RowLogger) -> None:
    """Let config and summary of *run* hold what others changed, and owe it to the file.  Before segments are folded.

    A child records its summary now and then, and may die without the last time: its rows then count.
    """
    from wandb_nb.store.reading.tail import Tail, data_files

    files = data_files(place.path)
    if len(files) == 1:
        return
    from wandb_nb.store.reading.run_state import (
        replayed,  # brings numpy, which only a run of several processes has to pay for
    )

    theirs, whole = replayed(map(Tail, files[1:])), replayed(map(Tail, files))
    own = place.redact.value(run.config.as_dict())  # as the file has it: the program keeps its secrets
    changed = {key: value for key, value in theirs.config.items() if key not in own or own[key] != value}
    run.config._load(changed)  # noqa: SLF001 -- it is no change of this process
    summary = {key: whole.summary[key] for key in theirs.summary if key in whole.summary}
    run.summary._take_over(summary)  # noqa: SLF001 -- as above
    if len(whole.table):
        last = int(whole.table.step.argmax())
        history.stand_at(*(float(of[last]) for of in (whole.table.step, whole.table.runtime, whole.table.timestamp)))
