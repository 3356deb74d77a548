"""`Run`: the object that `init()` returns, with the documented names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb import exit_codes, run_names
from wandb_nb.capture.code.source_files import INCLUDED
from wandb_nb.store.format import records
from wandb_nb.tracking.artifact_calls import ArtifactCalls
from wandb_nb.tracking.files import user_files
from wandb_nb.tracking.files.run_code import log_code
from wandb_nb.tracking.session.alerts import send_alert
from wandb_nb.tracking.session.finish import finish, uninterrupted
from wandb_nb.tracking.session.metric_definitions import define_metric
from wandb_nb.tracking.session.watched_models import watch_of
from wandb_nb.tracking.terminal.presenter import presenter

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Mapping
    from io import TextIOWrapper
    from types import TracebackType

    from wandb_nb.artifacts.artifact import Artifact
    from wandb_nb.capture.code.source_files import Choice
    from wandb_nb.store.metrics.definition import Metric
    from wandb_nb.tracking.config.config import Config
    from wandb_nb.tracking.config.static_config import StaticConfig
    from wandb_nb.tracking.files.run_code import PathFilter
    from wandb_nb.tracking.run_settings import RunSettings
    from wandb_nb.tracking.session.alerts import AlertLevel, Wait


class Run(ArtifactCalls):
    """One tracked run, made by `init()`.

    Rows given to `log()`, changes of config and summary, name, notes and tags are in the run file when the call
    returns and survive a killed process. Thread-safe. A forked child may log too; its rows join the run when the parent
    finishes it. As a context manager the run finishes itself, after an exception with the exit code that the program
    would end with: 1, or that of `sys.exit()`. The exception is never swallowed.
    """

    _settings: RunSettings | None = None

    # -- properties that can be assigned

    @property
    def name(self) -> str:
        """The display name; an assigned value is on disk when the assignment returns."""
        return super().name

    @name.setter
    def name(self, value: str) -> None:
        self._session.features.add("set_run_name")
        self._session.change(name=run_names.check_label("name", value))

    @property
    def notes(self) -> str | None:
        """The longer description; an assigned value is on disk when the assignment returns."""
        return super().notes

    @notes.setter
    def notes(self, value: str | None) -> None:
        self._session.change(notes=None if value is None else str(value))

    @property
    def tags(self) -> tuple[str, ...]:
        """The labels; assigned ones (a bare string is one tag) are on disk when the assignment returns."""
        return super().tags

    @tags.setter
    def tags(self, value: Iterable[str] | None) -> None:
        self._session.features.add("set_run_tags")
        self._session.change(tags=run_names.check_tags(value or ()))

    @property
    def config(self) -> Config:
        """The inputs of the run."""
        return self._session.config

    @config.setter
    def config(self, values: Mapping[str, Any]) -> None:
        self._session.config.update(values)

    @property
    def config_static(self) -> StaticConfig:
        """The inputs as they are at this moment, for reading only."""
        from wandb_nb.tracking.config.static_config import StaticConfig  # few programs ask for it

        return StaticConfig(self.config.as_dict())

    @property
    def settings(self) -> RunSettings:
        """The settings in force, each with its source; and the run's addresses and places."""
        if self._settings is None:
            from wandb_nb.tracking.run_settings import RunSettings  # as above

            self._settings = RunSettings(self._session.settings, self)
        return self._settings

    # -- logging

    def log(
        self, data: Mapping[str, Any], step: int | None = None, commit: bool | None = None, sync: bool | None = None
    ) -> None:
        """Store one row of metrics; when the call returns, it survives a killed process.

        Without *step* the row takes the run's current step and completes it (`commit=False` leaves it open for
        more parts). With *step* the row is a part of that step, completed by `commit=True` or by the next row
        without a step; a step behind the current one begins a new attempt, and nothing is dropped.
        Values: numbers, texts, bools, None, NaN and infinities, nested dicts, arrays and tensors of any library
        (small ones as lists, larger ones as histograms), dates, durations (seconds), sets, enums, dataclasses.
        A value that cannot be stored is dropped and reported once by name and type; the rest of the row is stored.
        Rows from `history()` can be logged again: a `_step` among the keys is the step.
        A full disk does not raise: rows are counted as `lost` and one notice is printed. *sync* has no effect: every
        row is stored before the call returns.

        Raises:
            RowError: The step is negative, fractional or too large. The run continues.
            RowTypeError: The row is not a mapping, a key is not a string, or the step is not a number.
            RunFinishedError: The run has finished.
            StoreError: The row could not be written, with `Settings(on_store_error="raise")` only.

        """
        self._session.logger.log(data, step, commit)

    def define_metric(  # noqa: PLR0917 -- the documented signature
        self,
        name: str,
        step_metric: str | None = None,
        step_sync: bool | None = None,
        hidden: bool | None = None,
        summary: str | None = None,
        goal: str | None = None,
        overwrite: bool | None = None,
    ) -> Metric:
        """Define how metric *name*, or all that match as in "val/*", is drawn and summarised; return the definition.

        *step_metric* is the metric to draw it over; rows without it get its last value, or 0 before it has one, unless
        *step_sync* is False. *summary* is some of min, max, mean, first, last, best (needs *goal*, "minimize" or
        "maximize"), none and copy, joined by commas. *hidden* keeps it out of the charts. A second definition adds to
        the first unless *overwrite*.

        Raises:
            UsageError: The name or an option is not possible.
            RunFinishedError: The run has finished.

        """
        return define_metric(self._session, name, step_metric, step_sync, hidden, summary, goal, overwrite)

    def finish(self, exit_code: int | None = None, quiet: bool | None = None) -> None:
        """End the run: everything is on disk (fdatasync) when this returns. A second call does nothing.

        *exit_code* 0 (the default) means finished, anything else failed. *quiet* prints one line only. In a forked
        child it ends what the child logs, never the parent's run.
        """
        if not finish(self._session, int(exit_code or 0)):
            return
        self._session.quiet = self.settings.quiet if quiet is None else quiet
        with uninterrupted(self._session):
            self._session.notices.flush()
            self._session.notices.guard(lambda: presenter().finished(self))

    def join(self, exit_code: int | None = None) -> None:
        """End the run; the older name of `finish` (TextAttack)."""
        self.finish(exit_code)

    # -- alerts, files, code

    def alert(
        self, title: str, text: str, level: AlertLevel | str | None = None, wait_duration: Wait | None = None
    ) -> None:
        """Have the server send the user a message, such as an email; it is on disk when the call returns.

        *level* is INFO (the default), WARN or ERROR. The server passes on one alert of a *title* (at most 64
        characters are stored) in *wait_duration* seconds, 60 by default. An offline run's alerts are sent with it.

        Raises:
            UsageError: The level does not exist, or the duration is negative.
            RunFinishedError: The run has finished.

        """
        send_alert(self._session, str(title), str(text), level, wait_duration)

    def save(
        self,
        glob_str: str | os.PathLike[str] | None = None,
        base_path: str | os.PathLike[str] | None = None,
        policy: str = "live",
        glob: bool = True,
    ) -> list[str]:
        """Add the files that *glob_str* matches to the run, folders with all their files; return their paths.

        With *glob* False it is the path of one file or folder, whatever characters are in it.

        They keep their path below *base_path*: by default the working directory, for an absolute pattern the folder
        above the one that holds the files. With *policy* "now" the file is copied and sent as it is at this moment;
        "live" is linked and sent again whenever it changes, "end" is linked and sent when the run ends; `finish()`
        turns links into copies, so that the run keeps the last state. Without a pattern nothing happens: name, notes
        and tags are stored when they are assigned.

        Raises:
            UsageError: A file is outside *base_path*, or the policy does not exist.
            RunFinishedError: The run has finished.

        """
        if glob_str is None:
            return []
        return user_files.save(self._session, glob_str, base_path, policy, is_pattern=glob)

    def restore(
        self,
        name: str,
        run_path: str | None = None,
        replace: bool = False,
        root: str | os.PathLike[str] | None = None,
    ) -> TextIOWrapper | None:
        """Return the file *name* of this run, or of the run *run_path* ("entity/project/id"), open for reading.

        It is put below *root*, by default the run's folder of files. An existing file stays unless *replace*. It is
        searched for on this machine first, then on the server. None where no run has such a file.

        Raises:
            UsageError: The name points out of *root*.
            CommError: The server has to be asked and does not answer.

        """
        return user_files.restore(self, name, run_path, replace, root)

    def log_code(  # noqa: PLR0917 -- the documented signature, then ours
        self,
        root: str | os.PathLike[str] | None = None,
        name: str | None = None,
        include_fn: PathFilter | None = None,
        exclude_fn: PathFilter | None = None,
        include: Choice = INCLUDED,
        exclude: Choice = (),
    ) -> Artifact | None:
        """Copy the source files below *root* into the run, and return the artifact of type "code" that has them.

        *root* is by default the setting `code_dir`, else the working directory. *include_fn* and *exclude_fn* are
        called with the absolute path of a file, and with *root* if they take two arguments. *include* ("*.py",
        "*.ipynb") and *exclude* are patterns for a file's path relative to *root* or for its name, or functions of
        that path. *name* is the artifact's, by default `source-<project>-<script>`; other characters than a name can
        have become "_". Hidden folders, environments, links and files above 10 MB are left out, and secrets are
        removed. Without any file, and where the setting `disable_code` is on, nothing is logged and None returned.

        Raises:
            UsageError: *root* is not a folder.
            RunFinishedError: The run has finished.

        """
        return log_code(self._session, root, name, (include_fn, exclude_fn), (include, exclude))

    def mark_preempting(self) -> None:
        """Record that this machine is about to be taken away, so that a server may queue the run again.

        Raises:
            RunFinishedError: The run has finished.

        """
        self._session.expect_running("mark_preempting()")
        self._session.logger.append(records.preempting())

    def write_logs(self, text: str) -> None:
        """Add *text* to the run's console output without printing it.

        Raises:
            RunFinishedError: The run has finished.

        """
        self._session.expect_running("write_logs()")
        if self._session.capture is not None:
            self._session.capture.write_logs(text)

    def pin_config_keys(self, keys: Iterable[str]) -> None:
        """Show these *keys* of the config before the others on a server's page of the run, instead of earlier ones.

        Raises:
            RunFinishedError: The run has finished.

        """
        self._session.pin_config_keys(keys)

    def watch(  # noqa: PLR0917 -- the documented signature
        self,
        models: Any,
        criterion: Any = None,
        log: str | None = "gradients",
        log_freq: int = 1000,
        idx: int | None = None,
        log_graph: bool = False,
    ) -> tuple[Any, ...]:
        """Log histograms of the gradients and parameters of torch *models* while they train.

        *log* is "gradients", "parameters", "all" or None; every *log_freq*-th batch is logged, as a part of the current
        row. With *log_graph* the layers are in the summary after the next batch. *criterion* and *idx* have no effect.

        Raises:
            RowTypeError: One of *models* is not a module of torch.
            MediaError: Another argument is not possible, or a model is watched already.
            RunFinishedError: The run has finished.

        """
        self._session.expect_running("watch()")
        watch = watch_of(self._session)
        return () if watch is None else tuple(watch.add(models, log, log_freq, log_graph=log_graph))

    def unwatch(self, models: Any = None) -> None:
        """Remove what `watch()` put on *models*, or on all of them."""
        watch = watch_of(self._session)
        if watch is not None:
            watch.remove(models)

    def __enter__(self) -> Run:  # noqa: PYI034 -- typing.Self is of 3.11
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None and not isinstance(error, SystemExit) and self._session.capture is not None:
            self._session.capture.exception(error)
        self.finish(exit_code=exit_codes.code_of(error))
