"""`mode="disabled"`: a run that takes every call and does nothing, on disk or network."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import Error
from wandb_nb.settings import resolve
from wandb_nb.store.metrics.definition import Metric
from wandb_nb.tracking.run import Run
from wandb_nb.tracking.start.identity import RunIdentity
from wandb_nb.tracking.start.resume_state import ResumeState
from wandb_nb.tracking.start.telemetry import FeatureUse
from wandb_nb.tracking.unimplemented import Swallowed

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd


class NullWriter:
    """A run file that is none."""

    lost = 0

    def append(self, *bodies: bytes) -> None:
        """Drop the records."""


class DisabledRun(Run):
    """A run whose config and summary work in memory, and whose every other call is swallowed.

    Calls of features that this run's class does not have (media, artifacts …) are swallowed as well.
    """

    def log(self, row: Mapping[str, Any], step: int | None = None, commit: bool | None = None) -> None:
        """Take the row into the summary; what could not be logged is dropped without a word."""
        try:
            super().log(row, step, commit)
        except Error:
            return

    def __reduce__(self) -> tuple[Any, ...]:
        """Give another process a disabled run as well."""
        return _again, (self.id, self.name, dict(self.config.as_dict()))

    def mark_preempting(self) -> None:
        """Do nothing."""

    def save(self, *_arguments: Any, **_options: Any) -> list[str]:
        """Save nothing."""
        return []

    def restore(self, *_arguments: Any, **_options: Any) -> None:
        """Find nothing."""

    def alert(self, *_arguments: Any, **_options: Any) -> None:
        """Do nothing."""

    def log_code(self, *_arguments: Any, **_options: Any) -> list[str]:
        """Save nothing."""
        return []

    def define_metric(self, *arguments: Any, **options: Any) -> Metric:
        """Define the metric for the summary; what could not be defined is dropped without a word."""
        try:
            return super().define_metric(*arguments, **options)
        except (Error, TypeError):
            return Metric(str(arguments[0]) if arguments else "")

    def history(self) -> pd.DataFrame:
        """Return no rows."""
        from wandb_nb.store.reading.run_state import RunState
        from wandb_nb.store.runs.frame import to_frame  # numpy and pandas take long to import

        return to_frame(RunState())

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return Swallowed()


def _again(run_id: str, name: str, config: Mapping[str, Any]) -> DisabledRun:
    """Return a disabled run of that id, in another process."""
    identity = RunIdentity(
        id=run_id,
        name=name,
        project=None,
        entity=None,
        group=None,
        job_type=None,
        notes=None,
        tags=(),
        start_time=time.time(),
        host="",
        git=None,
    )
    settings = resolve({}, given=None, setup=None)
    return DisabledRun(
        identity, settings, "disabled", NullWriter(), None, config, FeatureUse(enabled=False), ResumeState()
    )
