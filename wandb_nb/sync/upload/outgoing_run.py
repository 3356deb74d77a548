"""A run on its way to a server, as the parts of a sender share it."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from wandb_nb.store.runs.sync_progress import ONLINE, WAITING, SyncProgress, store_progress
from wandb_nb.sync.upload.lines.accumulator import RunAccumulator

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@dataclass
class OutgoingRun:
    """The run of *file*: how far it has been sent, and its records as far as they were read.

    *report_progress* is called after each answer of the server, once the progress is on disk.
    """

    file: Path
    progress: SyncProgress
    report_progress: Callable[[SyncProgress], None]

    def __post_init__(self) -> None:
        self.records = RunAccumulator(self.progress.acknowledged, self.progress.writers, self.progress.add_problem)

    @property
    def directory(self) -> Path:
        """The run directory."""
        return self.file.parent

    def save(self, state: str, message: str = "") -> None:
        """Store the progress with this *state*, and the reason for a delay or refusal."""
        self.progress.state, self.progress.message = state, message
        with suppress(OSError):  # on a full disk some lines are sent again, to the same line numbers
            store_progress(self.file, self.progress)
        self.report_progress(self.progress)

    def save_outage(self, reason: str | None) -> None:
        """Store that the server does not answer for this *reason*; None once it does."""
        self.save(ONLINE if reason is None else WAITING, reason or "")
