"""`mode="disabled"`: a run that takes every call and does nothing, on disk or network."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import Error
from wandb_nb.settings import resolve
from wandb_nb.tracking.earlier import Earlier
from wandb_nb.tracking.identity import Identity
from wandb_nb.tracking.run import Run
from wandb_nb.tracking.telemetry import Telemetry

if TYPE_CHECKING:
    from collections.abc import Mapping


class NullWriter:
    """A run file that is none."""

    lost = 0

    def append(self, *bodies: bytes) -> None:
        """Drop the records."""


class Swallowed:
    """What a call of an unknown method of a disabled run gives: it takes any further use, too."""

    def __call__(self, *_arguments: Any, **_options: Any) -> Swallowed:
        """Take any arguments and do nothing."""
        return self

    def __getattr__(self, name: str) -> Swallowed:
        if name.startswith("__"):
            raise AttributeError(name)
        return self

    def __enter__(self) -> Swallowed:  # noqa: PYI034 -- typing.Self is of 3.11
        return self

    def __exit__(self, *_error: object) -> None:
        return None

    def __bool__(self) -> bool:
        return False


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

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        return Swallowed()


def _again(run_id: str, name: str, config: Mapping[str, Any]) -> DisabledRun:
    """Return a disabled run of that id, in another process."""
    identity = Identity(
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
    return DisabledRun(identity, settings, "disabled", NullWriter(), None, config, Telemetry(enabled=False), Earlier())
