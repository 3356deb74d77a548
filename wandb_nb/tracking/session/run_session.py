"""`RunSession`: everything behind a `Run`, for the modules of this package and for the layers above it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from wandb_nb import exit_codes
from wandb_nb.errors import RunFinishedError
from wandb_nb.store.format import records
from wandb_nb.store.format.json_value import to_json
from wandb_nb.store.writing.null_writer import NullWriter
from wandb_nb.tracking.config.config import Config
from wandb_nb.tracking.rows.row_logger import RowLogger
from wandb_nb.tracking.session.stop_handler import StopHandler

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from wandb_nb.data.watching.model_watch import ModelWatch
    from wandb_nb.settings import Resolved
    from wandb_nb.store.runs.registry import RunEntry
    from wandb_nb.tracking.online.sync_handle import SyncHandle
    from wandb_nb.tracking.rows.periodic_checks import PeriodicChecks
    from wandb_nb.tracking.session.notices import NoticeQueue
    from wandb_nb.tracking.session.run_capture import RunCapture
    from wandb_nb.tracking.session.run_directory import RunDirectory
    from wandb_nb.tracking.start.identity import RunIdentity
    from wandb_nb.tracking.start.resume_state import ResumeState
    from wandb_nb.tracking.start.telemetry import FeatureUse


class RunSession:
    """The parts of one run: directory (None in disabled mode), row logger, config, capture, notices, sync.

    Thread-safe. *resume* is the earlier part of the run. *owner* is False in a process that attached to a run of
    another one.
    """

    def __init__(
        self,
        identity: RunIdentity,
        settings: Resolved,
        mode: str,
        *,
        directory: RunDirectory | None,
        config: Mapping[str, Any],
        features: FeatureUse,
        resume: ResumeState,
        notices: NoticeQueue,
        checks: PeriodicChecks,
        owner: bool = True,
    ) -> None:
        self.identity, self.settings, self.mode = identity, settings, mode
        self.directory, self.features = directory, features
        self.notices, self.checks = notices, checks
        self.capture: RunCapture | None = None
        self.sync: SyncHandle | None = None
        """The run's connection to the sync process; None for a run that is not sent."""
        self.exit_code: int | None = None
        self.default_exit_code = 0
        """The exit code if nobody finishes the run: in a notebook, how the last cell that used it ended."""
        self.model_watch: ModelWatch | None = None
        """What watches models of torch; None before the first `watch()`."""
        self.pinned_keys: list[str] = []
        """The keys of the config that pages show first."""
        self.sync_outcome = ""
        self.uses_artifacts = False
        """Whether this process declared an artifact as an input of the run."""
        self.quiet = settings.quiet
        self.finish_lock = threading.RLock()
        self.is_finishing = False
        self.before_finish: list[Callable[[], None]] = []
        """Called once when the run is about to finish, while it still takes rows."""
        self.on_finish: list[Callable[[], None]] = []
        """Called once when the run has finished, before anything is waited for."""
        self._next_row_callback: Callable[[], None] | None = None
        self.logger = self._make_logger(resume, owner=owner)
        self.config = Config(
            {**resume.config, **config},
            allow_val_change=settings.allow_val_change,
            on_change=self._store_config,
            run_id=identity.id,
        )
        self.stop_handler = StopHandler(directory, self.logger, settings, identity, notices.add)
        checks.add(
            self.logger.check_other_writers,
            self.check_sync,
            self.check_run_file,
            notices.flush,
            self.call_next_row_callback,
            self.stop_handler.check,
        )

    def _make_logger(self, resume: ResumeState, *, owner: bool) -> RowLogger:
        directory = self.directory
        return RowLogger(
            f"run {self.identity.id}",
            directory.writer if directory else NullWriter(),
            start_time=self.identity.start_time,
            starting_step=resume.next_step,
            attempt=resume.attempt,
            earlier_runtime=resume.runtime,
            summary=resume.summary,
            statistics=resume.statistics,
            counter=directory.shared_steps() if directory else None,
            redact=directory.redact if directory else None,
            media=directory.media if directory else None,
            checks=self.checks,
            notice=self.notices.add if directory else _no_notice,
            owner=owner,
        )

    # -- what it is

    @property
    def entry(self) -> RunEntry | None:
        """The run's entry in the registry of this machine; None in disabled mode."""
        return self.directory.entry if self.directory else None

    @property
    def is_owner(self) -> bool:
        """Whether this process started the run; False in a forked child and in a process that attached to it."""
        return self.logger.is_owner

    @property
    def version(self) -> int:
        """A number that grows with each row, and with each change of config, summary, name, notes or tags."""
        return self.logger.rows + self.logger.changes

    @property
    def state(self) -> str:
        """One of "running", "finished" (exit code 0), "interrupted" (130), "killed" (137, 143) and "failed"."""
        if self.exit_code is None:
            return "running"
        return exit_codes.state_of(self.exit_code)

    def goal_of(self, metric: str) -> str | None:
        """Return the goal defined for *metric*."""
        definition = self.logger.metrics.find(metric)
        return definition.goal if definition else None

    # -- records

    def record(self) -> bytes:
        """Return the record that describes the run, with the config as it is now."""
        return self.identity.record(self.without_secrets(self.config.as_dict()))

    def change(self, **changes: Any) -> None:
        """Store changed fields of the identity; readers use the last record of the run.

        Raises:
            RunFinishedError: The run has finished.

        """
        self.expect_running(", ".join(changes))
        for key, value in self.without_secrets(changes).items():
            setattr(self.identity, key, value)
        self.logger.append(self.record())
        if self.directory:
            self.directory.update_registry(name=self.identity.name)

    def take_server_names(self, entity: str, project: str, name: str) -> None:
        """Use the names under which the server has registered the run; an empty one changes nothing."""
        self.identity.entity = entity or self.identity.entity
        self.identity.project = project or self.identity.project
        if name and name != self.identity.name:
            self.change(name=name)

    def copy_previous(self, previous: ResumeState) -> None:
        """Copy definitions and summary of the previous part, so that this run file is self-contained."""
        for metric in previous.metrics:
            self.logger.define(metric, overwrite=False)
        self.logger.summary.update(previous.summary)

    def without_secrets(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return *values* as they are stored; in its config the program still sees what it put in."""
        return self.directory.redact.value(dict(values)) if self.directory else values

    def expect_running(self, what: str) -> None:
        """Raise an error that names *what* unless the run still takes data.

        Raises:
            RunFinishedError: The run has finished.

        """
        if self.logger.closed:
            raise RunFinishedError(
                f"run {self.identity.name} has finished and {what} can no longer change it; start another with init()"
            )

    def _store_config(self, changed: Mapping[str, Any], removed: Iterable[str]) -> None:
        self.expect_running("config")
        self.features.add("set_config_item")
        stored = self.without_secrets(changed)
        self.logger.append(records.config({key: to_json(value, key) for key, value in stored.items()}, tuple(removed)))

    def pin_config_keys(self, keys: Iterable[str]) -> None:
        """Record *keys* as those that pages show first."""
        self.expect_running("pin_config_keys()")
        self.pinned_keys = [str(key) for key in keys]
        self.logger.append(records.config({("_wandb", "pinned_keys"): to_json(self.pinned_keys, "pinned_keys")}))

    # -- cells, notices and the periodic checks

    def set_cell(self, number: int | None) -> None:
        """Mark the rows that follow as logged by cell execution *number*."""
        self.logger.set_cell(number)

    def call_after_next_row(self, callback: Callable[[], None] | None) -> None:
        """Call *callback* once, after the next stored row; its failure is reported, not raised. None takes it back."""
        self._next_row_callback = callback
        if callback is not None:
            self.checks.request_checks()

    def notice(self, text: str, key: str | None = None) -> None:
        """Report one thing to the user, each *key* once; see `NoticeQueue.add`."""
        self.notices.add(text, key)

    def check_sync(self) -> None:
        """Restart a dead sync process and report sync news. Never blocks."""
        if self.sync is not None:
            self.sync.check()
            if self.capture is not None and self.is_owner:
                self.capture.apply_code_setting()

    def check_run_file(self) -> None:
        """Report a run file that was deleted."""
        if self.directory is not None and self.is_owner:
            self.directory.check_run_file()

    def call_next_row_callback(self) -> None:
        """Call what `call_after_next_row` was given."""
        callback, self._next_row_callback = self._next_row_callback, None
        if callback is not None:
            self.notices.guard(callback)


def _no_notice(_text: str) -> None:
    """Report nothing: a disabled run drops everything silently."""
