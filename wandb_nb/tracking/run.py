"""`Run`: what `init()` returns and a training script talks to."""

from __future__ import annotations

import _thread
import signal
import threading
from typing import TYPE_CHECKING, Any

from wandb_nb import host
from wandb_nb.errors import RunFinishedError
from wandb_nb.store.format import records
from wandb_nb.store.format.json_value import to_json
from wandb_nb.store.metrics import definition
from wandb_nb.tracking.config.config import Config
from wandb_nb.tracking.process import active_runs
from wandb_nb.tracking.session import user_files
from wandb_nb.tracking.session.finish import finish
from wandb_nb.tracking.session.notices import NoticeQueue
from wandb_nb.tracking.session.row_logger import RowLogger
from wandb_nb.tracking.session.run_code import cells
from wandb_nb.tracking.session.run_files import Deliveries
from wandb_nb.tracking.start import names
from wandb_nb.tracking.terminal.presenter import TerminalPresenter, presenter
from wandb_nb.tracking.unimplemented import LaterCalls

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import TracebackType

    import pandas as pd

    from wandb_nb.settings import Resolved
    from wandb_nb.store.reading.executed_cells import Cell
    from wandb_nb.tracking.session.row_logger import Writer
    from wandb_nb.tracking.session.run_directory import RunDirectory
    from wandb_nb.tracking.session.summary import Summary
    from wandb_nb.tracking.start.identity import RunIdentity
    from wandb_nb.tracking.start.resume_state import ResumeState
    from wandb_nb.tracking.start.telemetry import FeatureUse


class Run(LaterCalls, Deliveries):
    """One tracked run, made by `init()`.

    Rows given to `log()`, changes of config and summary, name, notes and tags are in the run file when the call
    returns and survive a killed process.  Threads may use a run at once; a forked child may log too, its rows
    join the run when the parent finishes it.  As a context manager it finishes itself, with exit code 1 after an
    exception, which is never swallowed.
    """

    def __init__(  # noqa: PLR0917 -- called in one place, by init()
        self,
        identity: RunIdentity,
        settings: Resolved,
        mode: str,
        writer: Writer,
        place: RunDirectory | None,
        config: Mapping[str, Any],
        used: FeatureUse,
        earlier: ResumeState,
    ) -> None:
        self._identity, self._settings, self._mode = identity, settings, mode
        self._place, self._telemetry = place, used
        self._next_row: Callable[[Run], None] | None = None
        self._finish_lock = threading.Lock()
        self._exit_code: int | None = None
        self._quiet = settings.quiet
        self._outcome = ""
        self._notices = NoticeQueue(lambda tell, text: self._present(lambda _run: tell(text)))
        self._history = RowLogger(
            f"run {identity.id}",
            writer,
            start_time=identity.start_time,
            starting_step=earlier.next_step,
            attempt=earlier.attempt,
            earlier_runtime=earlier.runtime,
            summary=earlier.summary,
            statistics=earlier.statistics,
            counter=place.shared_steps() if place else None,
            redact=place.redact if place else None,
            attend=self._attend,
            notice=self.notice,
        )
        self._config = Config(
            {**earlier.config, **config},
            allow_val_change=settings.allow_val_change,
            on_change=self._store_config,
            run_id=identity.id,
        )

    # -- what it is

    @property
    def name(self) -> str:
        """The display name; may be assigned, and is stored at once."""
        return self._identity.name

    @name.setter
    def name(self, value: str) -> None:
        self._telemetry.used("set_run_name")
        self._change(name=names.check_label("name", value))

    @property
    def notes(self) -> str | None:
        """The longer description; may be assigned, and is stored at once."""
        return self._identity.notes

    @notes.setter
    def notes(self, value: str | None) -> None:
        self._change(notes=None if value is None else str(value))

    @property
    def tags(self) -> tuple[str, ...]:
        """The labels; may be assigned (a bare string is one tag), and are stored at once."""
        return self._identity.tags

    @tags.setter
    def tags(self, value: Iterable[str] | None) -> None:
        self._telemetry.used("set_run_tags")
        self._change(tags=names.check_tags(value or ()))

    @property
    def config(self) -> Config:
        """The inputs of the run."""
        return self._config

    @config.setter
    def config(self, values: Mapping[str, Any]) -> None:
        self._config.update(values)

    @property
    def summary(self) -> Summary:
        """The newest value of every metric, and what was set by hand."""
        return self._history.summary

    # -- what it does

    def log(self, row: Mapping[str, Any], step: int | None = None, commit: bool | None = None) -> None:
        """Store one row of metrics; when the call returns, it survives a killed process.

        Without *step* the row takes the run's current step and completes it (`commit=False` leaves it open for
        more parts).  With *step* the row is a part of that step, completed by `commit=True` or by the next row
        without a step; a step behind the current one begins a new attempt, and nothing is dropped.
        Values: numbers, texts, bools, None, NaN and infinities, nested dicts, arrays and tensors of any library
        (small ones as lists, larger ones as histograms), dates, sets, enums.

        Raises RowError or RowTypeError, naming key and type, for a row that cannot be stored, and
        RunFinishedError after `finish()`; the run goes on after the first two.  A full disk does not raise: rows
        are counted as `lost` and one notice is given (`Settings(on_store_error="raise")` raises StoreError).
        """
        self._history.log(row, step, commit)

    def define_metric(  # noqa: PLR0917 -- the documented signature
        self,
        name: str,
        step_metric: str | None = None,
        step_sync: bool | None = None,
        hidden: bool | None = None,
        summary: str | None = None,
        goal: str | None = None,
        overwrite: bool | None = None,
    ) -> definition.Metric:
        """Say how metric *name* (or all that match, as in "val/*") is drawn and summed up; return the definition.

        *step_metric* is the metric to draw it over; its last value is added to rows without it unless *step_sync*
        is False.  *summary* is some of min, max, mean, first, last, best (needs *goal*, "minimize" or "maximize"),
        none and copy, joined by commas.  *hidden* keeps it out of the charts.  A second definition adds to the
        first unless *overwrite*.  Raises UsageError for a name or option that is not possible.
        """
        definition.check_name(name, "name")
        if step_metric is not None:
            definition.check_name(step_metric, "step_metric")
        kinds = definition.parse_kinds(summary, goal or (None if overwrite else self.goal_of(name)), name)
        synced = step_metric is not None if step_sync is None else step_sync
        metric = definition.Metric(name, step_metric, synced, bool(hidden), kinds, goal)
        self._expect_running("define_metric()")
        features = ("metric_summary",) * bool(kinds) + ("metric_hidden",) * bool(hidden)
        self._telemetry.used("metric", *features)
        self._history.define(metric, overwrite=bool(overwrite))
        return metric

    def finish(self, exit_code: int | None = None, quiet: bool | None = None) -> None:
        """End the run: everything is on disk (fdatasync) when this returns.  Again, it does nothing.

        *exit_code* 0 (the default) means finished, anything else failed.  *quiet* prints one line only.  In a
        forked child it ends what the child logs, never the parent's run.
        """
        with self._finish_lock:
            if self._exit_code is not None:
                return
            if self._history.is_child:
                self._history.close()
                return
            code = int(exit_code or 0)
            finish(self, self._place, self._history, self._telemetry, code)
            self._exit_code = code
        active_runs.remove(self)
        if self._place:
            self._place.leave(self)
            if self._place.online:
                self._outcome = self._place.online.finish(self.rows)
            user_files.keep(self._place)
        self._quiet = self.settings.quiet if quiet is None else quiet
        self._notices.flush()
        self._present(presenter().finished)

    def history(self) -> pd.DataFrame:
        """Return the rows stored so far as a pandas frame, also while the run goes on."""
        from wandb_nb.store.runs.frame import read  # pandas takes long to import

        if self.file is None:
            raise RunFinishedError(f"Run {self.name} is disabled: it stores no rows to read.")
        return read(self.file)

    def cells(self, metric: str | None = None) -> list[Cell]:
        """Return the executed cells of the notebook, oldest first, each with its source as it was executed.

        With *metric* only those that logged it.  A cell's `steps` are the steps that it logged (of that metric), so
        that the source behind each point stays known after the cell was edited or deleted.  Empty outside
        notebooks, and where saving code is switched off.
        """
        return cells(self._place, metric)

    def display(self) -> None:
        """Show the run: its panel in a notebook, its lines in a terminal."""
        self._present(presenter().show)

    # -- for the layers above, and for the start

    def record(self) -> bytes:
        """Return the record that describes the run, with the config as it is now."""
        return self._identity.record(self._without_secrets(self._config.as_dict()))

    @property
    def definitions(self) -> tuple[definition.Metric, ...]:
        """The metric definitions, in their order."""
        return tuple(self._history.metrics)

    @property
    def cell(self) -> int | None:
        """The number of the cell execution that the rows are marked with."""
        return self._history.cell

    @cell.setter
    def cell(self, number: int | None) -> None:
        self._history.set_cell(number)

    @property
    def on_next_row(self) -> Callable[[Run], None] | None:
        """Called once, after the next stored row, then cleared; an error in it is told, not raised."""
        return self._next_row

    @on_next_row.setter
    def on_next_row(self, callback: Callable[[Run], None] | None) -> None:
        self._next_row = callback
        if callback is not None:
            self._history.look_soon()

    def carry_on(self, earlier: ResumeState | None) -> None:
        """Store again what the earlier part of the run leaves to this one, whose file then says all by itself."""
        if earlier is None:
            return
        for each in earlier.metrics:
            self._history.define(each, overwrite=False)
        self.summary.update(earlier.summary)

    def look_soon(self) -> None:
        """See after the next row what there is to do besides."""
        self._history.look_soon()

    def attend_sending(self) -> None:
        """See to it that an online run is being sent, and tell what is new of that; cheap, never waits."""
        if self._place and self._place.online:
            self._place.online.look()
            if self._place.observers and not self.is_child:
                self._place.observers.settle_code()

    def expect_others(self) -> None:
        """Count steps together with other processes as soon as one of them logs."""
        self._history.expect_others()

    def notice(self, text: str, key: str | None = None) -> None:
        """Tell the user one thing, each *key* once; nothing in a silent run.

        What is found between two calls of the user's, by a thread or a hook, is told with the next one.
        """
        if not self.settings.silent and self.settings.show_warnings and self._notices.tell(text, key):
            self._history.look_soon()

    def __enter__(self) -> Run:  # noqa: PYI034 -- typing.Self is of 3.11
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None and self._place and self._place.observers:
            self._place.observers.exception(error)
        self.finish(exit_code=0 if kind is None else 1)

    def __reduce__(self) -> tuple[Any, ...]:
        """Give another process the run to log to, as `attach()` does; see there."""
        from wandb_nb.tracking.start import attach  # it builds on this module

        return attach.join, (attach.ticket_of(self),)

    def __repr__(self) -> str:
        return f"<Run {self.name!r} {self.project}/{self.id} {self.state}>"

    def _ipython_display_(self) -> None:
        """Show the run where IPython displays it as the value of a cell."""
        self.display()

    def _repr_html_(self) -> str | None:
        """Return a picture of the run as it stands, for notebooks without IPython."""
        if self.file is None:
            return None
        from wandb_nb.store.runs.frame import load  # the readers and the view take long to import
        from wandb_nb.view.run_bundle import bundle

        return str(bundle(load(self.file), None)["text/html"])

    # -- inside

    def _change(self, **facts: Any) -> None:
        """Store changed facts; a second RunRecord takes the place of the first."""
        self._expect_running(", ".join(facts))
        for key, value in self._without_secrets(facts).items():
            setattr(self._identity, key, value)
        self._history.append(self.record())
        if self._place:
            self._place.note(name=self.name)

    def tell_start(self) -> None:
        """Tell the user that the run has begun."""
        self._present(presenter().started)

    def observe(self) -> None:
        """Begin to take down what the program prints and what the machine does."""
        if self._place:
            self._place.observe(self)

    def _store_config(self, changed: Mapping[str, Any], removed: Iterable[str]) -> None:
        self._expect_running("config")
        self._telemetry.used("set_config_item")
        self._history.append(
            records.config(
                {key: to_json(value, key) for key, value in self._without_secrets(changed).items()}, tuple(removed)
            )
        )

    def _without_secrets(self, values: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return values as they are stored.  Of config the program itself goes on seeing what it put in."""
        return self._place.redact.value(dict(values)) if self._place else values

    def _expect_running(self, what: str) -> None:
        if self._history.closed:
            raise RunFinishedError(
                f"Run {self.name} has finished: {what} cannot change it any more; start another with init()"
            )

    def _attend(self) -> None:
        """Do what waits for a row: a callback, a request to stop.  Called by the history, no lock held."""
        active_runs.watch.goes_on()
        self.attend_sending()
        if self._place and not self.is_child:
            self._place.check()
        self._notices.flush()
        callback, self._next_row = self._next_row, None
        if callback is not None:
            self._present(callback)
        if self._asked_to_stop():
            if threading.current_thread() is threading.main_thread():
                raise KeyboardInterrupt
            _thread.interrupt_main()

    def attend_stop(self) -> None:
        """Interrupt a script that was asked to stop and logs nothing; called by a thread of ours, now and then.

        In a notebook it would hit whichever cell comes next: there the next row, or the page's button, stops the cell.
        """
        if threading.current_thread() is threading.main_thread() or host.in_notebook():
            return
        if self._asked_to_stop():
            signal.pthread_kill(threading.main_thread().ident or 0, signal.SIGINT)  # ends a sleep as well

    def _asked_to_stop(self) -> bool:
        if self._place is None or self.is_child or not self.settings.stop_on_request:
            return False  # a request to stop is the owner's to take
        asked = self._place.take_stop_request()
        if asked:
            self.notice(f"run {self.name} was asked to stop")
        return asked

    def _present(self, tell: Callable[[Run], None]) -> None:
        """Call what shows something to the user: its failures are told once and cost nothing else."""
        try:
            tell(self)
        except Exception as error:  # noqa: BLE001 -- a display must never spoil a training
            if self._notices.first("display"):
                TerminalPresenter().notice(
                    f"showing run {self.name} failed ({type(error).__name__}: {error}); it goes on"
                )
