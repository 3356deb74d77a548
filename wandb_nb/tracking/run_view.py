"""What can be asked of a run, all of it read-only: who it is, where it stands, where it lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from wandb_nb.settings import Resolved
    from wandb_nb.store.runs.registry import RunEntry
    from wandb_nb.tracking.session.row_logger import RowLogger
    from wandb_nb.tracking.session.run_directory import RunDirectory
    from wandb_nb.tracking.start.identity import RunIdentity
    from wandb_nb.tracking.start.telemetry import FeatureUse

DEFAULT_PROJECT = "uncategorized"


class RunView:
    """The part of `Run` that only tells."""

    _identity: RunIdentity
    _settings: Resolved
    _mode: str
    _place: RunDirectory | None
    _history: RowLogger
    _telemetry: FeatureUse
    _exit_code: int | None
    _quiet: bool
    _outcome: str

    # -- what it is

    @property
    def id(self) -> str:
        """Eight characters of a-z and 0-9 unless given; unique in its project."""
        return self._identity.id

    @property
    def project(self) -> str:
        """The project; `uncategorized` when none was given."""
        return self._identity.project or DEFAULT_PROJECT

    @property
    def entity(self) -> str | None:
        """The user or team, where one was given."""
        return self._identity.entity

    @property
    def group(self) -> str | None:
        """The experiment that this run belongs to."""
        return self._identity.group

    @property
    def job_type(self) -> str | None:
        """The kind of job, such as train or eval."""
        return self._identity.job_type

    @property
    def sweep_id(self) -> str | None:
        """The sweep that started this run."""
        return self._identity.sweep_id

    @property
    def path(self) -> str:
        """Entity (where known), project and id, joined by slashes."""
        return "/".join(part for part in (self.entity, self.project, self.id) if part)

    @property
    def start_time(self) -> float:
        """Seconds since 1970 at which the run began."""
        return self._identity.start_time

    @property
    def starting_step(self) -> int:
        """The first step of this part of the run; above 0 after a resume."""
        return self._identity.starting_step

    @property
    def resumed(self) -> bool:
        """Whether this continues an earlier run."""
        return self._identity.resumed

    @property
    def url(self) -> str | None:
        """The address of the run's page; None while it is nowhere but here."""
        return self._place.online.url if self._place and self._place.online else None

    @property
    def outcome(self) -> str:
        """What became of sending the run, in a sentence, once it has finished; empty for a run that was not sent."""
        return self._outcome

    @property
    def settings(self) -> Resolved:
        """The settings in force, each with its source."""
        return self._settings

    @property
    def mode(self) -> str:
        """How the run really runs: "online", "offline" or "disabled"."""
        return self._mode

    @property
    def disabled(self) -> bool:
        """Whether calls are swallowed and nothing is stored."""
        return self._mode == "disabled"

    @property
    def offline(self) -> bool:
        """Whether nothing is uploaded while the run goes on."""
        return self._mode != "online"

    # -- where it stands

    @property
    def step(self) -> int:
        """The step that a `log()` without a step goes to."""
        return self._history.step

    @property
    def rows(self) -> int:
        """How many calls of `log()` were stored in this process."""
        return self._history.rows - self._history.lost

    @property
    def version(self) -> int:
        """A number that grows with each row, and with each change of config, summary or the facts above."""
        return self._history.rows + self._history.changes

    @property
    def lost(self) -> int:
        """How many rows could not be stored: the disk was full, or failed."""
        return self._history.lost

    @property
    def runtime(self) -> float:
        """Seconds from the start to now, or to the end."""
        return self._history.runtime()

    @property
    def state(self) -> str:
        """One of "running", "finished" (exit code 0) and "failed"."""
        if self._exit_code is None:
            return "running"
        return "failed" if self._exit_code else "finished"

    @property
    def exit_code(self) -> int | None:
        """The exit code, None while the run goes on."""
        return self._exit_code

    # -- where it lies

    @property
    def dir(self) -> str:
        """The folder of the run's files; what is put there belongs to the run.  "/" in disabled mode."""
        return str(self._place.files) if self._place else "/"

    @property
    def directory(self) -> Path | None:
        """The run directory; None in disabled mode."""
        return self._place.path if self._place else None

    @property
    def file(self) -> Path | None:
        """The run file; None in disabled mode."""
        return self._place.run_file if self._place else None

    @property
    def entry(self) -> RunEntry | None:
        """What the registry of this machine knows of the run; None in disabled mode."""
        return self._place.entry if self._place else None

    # -- for the layers above

    @property
    def identity(self) -> RunIdentity:
        """The facts of the run's record."""
        return self._identity

    @property
    def is_child(self) -> bool:
        """Whether this is the copy of a run that a forked child holds."""
        return self._history.is_child

    @property
    def quiet(self) -> bool:
        """Whether the end of the run is told in one line."""
        return self._quiet

    def goal_of(self, metric: str) -> str | None:
        """Return the goal defined for *metric*."""
        definition = self._history.metrics.find(metric)
        return definition.goal if definition else None
