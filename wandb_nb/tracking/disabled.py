"""`mode="disabled"`: a run that accepts every call and does nothing, on disk or network."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import Error
from wandb_nb.settings import resolve
from wandb_nb.store.metrics.definition import Metric
from wandb_nb.tracking.rows.periodic_checks import PeriodicChecks
from wandb_nb.tracking.run import Run
from wandb_nb.tracking.session.notices import NoticeQueue
from wandb_nb.tracking.session.run_session import RunSession
from wandb_nb.tracking.start.identity import RunIdentity
from wandb_nb.tracking.start.resume_state import ResumeState
from wandb_nb.tracking.start.telemetry import FeatureUse
from wandb_nb.tracking.terminal.presenter import presenter, wants_warnings
from wandb_nb.tracking.unimplemented import Swallowed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

    from wandb_nb.settings import Resolved


def disabled_run(
    identity: RunIdentity, settings: Resolved, config: Mapping[str, Any], features: FeatureUse
) -> DisabledRun:
    """Return a run that stores nothing."""
    checks = PeriodicChecks()
    notices = NoticeQueue(identity, presenter, checks, enabled=wants_warnings(settings))
    return DisabledRun(
        RunSession(
            identity,
            settings,
            "disabled",
            directory=None,
            config=config,
            features=features,
            resume=ResumeState(),
            notices=notices,
            checks=checks,
        )
    )


class DisabledRun(Run):
    """A run whose config and summary work in memory, and whose every other call is swallowed.

    Calls of features that this class does not have (media, artifacts …) are swallowed as well.
    """

    def log(
        self, data: Mapping[str, Any], step: int | None = None, commit: bool | None = None, sync: bool | None = None
    ) -> None:
        """Update the summary with the row; a row that could not be logged is dropped silently."""
        try:
            super().log(data, step, commit, sync)
        except Error:
            return

    def __reduce__(self) -> tuple[Any, ...]:
        """Unpickle as a disabled run in another process."""
        return _unpickle, (self.id, self.name, dict(self.config.as_dict()))

    def mark_preempting(self) -> None:
        """Do nothing."""

    def save(self, *_arguments: Any, **_options: Any) -> list[str]:
        """Save nothing."""
        return []

    def restore(self, *_arguments: Any, **_options: Any) -> None:
        """Return None."""

    def alert(self, *_arguments: Any, **_options: Any) -> None:
        """Do nothing."""

    def write_logs(self, text: str) -> None:
        """Store nothing."""

    def _label(self, *_arguments: Any, **_labels: Any) -> None:
        """Record nothing."""

    def pin_config_keys(self, keys: Iterable[str]) -> None:
        """Do nothing."""

    def log_artifact(self, *_arguments: Any, **_options: Any) -> Any:
        """Return something that accepts every call."""
        return Swallowed()

    use_artifact = upsert_artifact = finish_artifact = link_artifact = link_model = use_model = log_artifact

    def log_model(self, *_arguments: Any, **_options: Any) -> None:
        """Log nothing."""

    def log_code(self, *_arguments: Any, **_options: Any) -> None:
        """Save nothing."""

    def widget(self, selected: Iterable[str] = ()) -> Any:
        """Return a widget without charts; outside of notebooks, something that swallows every call."""
        try:
            return super().widget(selected)
        except Error:
            return Swallowed()

    def define_metric(self, *arguments: Any, **options: Any) -> Metric:
        """Define the metric for the summary; an impossible definition is dropped silently."""
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


def _unpickle(run_id: str, name: str, config: Mapping[str, Any]) -> DisabledRun:
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
    return disabled_run(identity, resolve({}, settings=None, setup=None), config, FeatureUse(enabled=False))
