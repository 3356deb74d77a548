"""`RunView`: the read-only properties of a run, for its user and for the presenters."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from wandb_nb.settings import Resolved
    from wandb_nb.tracking.rows.summary import Summary
    from wandb_nb.tracking.session.run_session import RunSession


class RunView:
    """Read-only properties of a run: identity, progress, location. Thread-safe."""

    def __init__(self, session: RunSession) -> None:
        self._session = session

    # -- identity

    @property
    def id(self) -> str:
        """Eight characters of a-z and 0-9 unless given; unique in its project."""
        return self._session.identity.id

    @property
    def name(self) -> str:
        """The display name."""
        return self._session.identity.name

    @property
    def notes(self) -> str | None:
        """The longer description."""
        return self._session.identity.notes

    @property
    def tags(self) -> tuple[str, ...]:
        """The labels."""
        return self._session.identity.tags

    @property
    def project(self) -> str:
        """The project; `uncategorized` when none was given."""
        return self._session.identity.project_name

    @property
    def entity(self) -> str | None:
        """The user or team, where one was given."""
        return self._session.identity.entity

    @property
    def group(self) -> str | None:
        """The experiment that this run belongs to."""
        return self._session.identity.group

    @property
    def job_type(self) -> str | None:
        """The kind of job, such as train or eval."""
        return self._session.identity.job_type

    @property
    def sweep_id(self) -> str | None:
        """The sweep that started this run."""
        return self._session.identity.sweep_id

    @property
    def path(self) -> str:
        """Entity (where known), project and id, joined by slashes."""
        return "/".join(part for part in (self.entity, self.project, self.id) if part)

    @property
    def start_time(self) -> float:
        """Unix seconds at which the run began."""
        return self._session.identity.start_time

    @property
    def starting_step(self) -> int:
        """The first step of this part of the run; above 0 after a resume."""
        return self._session.identity.starting_step

    @property
    def resumed(self) -> bool:
        """Whether this continues an earlier run."""
        return self._session.identity.resumed

    @property
    def settings(self) -> Resolved:
        """The settings in force, each with its source."""
        return self._session.settings

    @property
    def mode(self) -> str:
        """The mode in which the run really runs: "online", "offline" or "disabled"."""
        return self._session.mode

    @property
    def disabled(self) -> bool:
        """Whether calls are swallowed and nothing is stored."""
        return self._session.mode == "disabled"

    @property
    def offline(self) -> bool:
        """Whether nothing is uploaded while the run is active."""
        return self._session.mode != "online"

    # -- progress

    @property
    def summary(self) -> Summary:
        """The newest value of every metric, and the values that were set by hand."""
        return self._session.logger.summary

    @property
    def step(self) -> int:
        """The step that a `log()` without a step goes to."""
        return self._session.logger.step

    @property
    def last_step(self) -> int:
        """The step of the last row, or the step before the first one while there is none."""
        return self._session.logger.last_step

    @property
    def rows(self) -> int:
        """How many calls of `log()` were stored in this process."""
        return self._session.logger.rows - self._session.logger.lost

    @property
    def lost(self) -> int:
        """How many rows could not be stored: the disk was full, or failed."""
        return self._session.logger.lost

    @property
    def runtime(self) -> float:
        """Seconds from the start to now, or to the end."""
        return self._session.logger.runtime()

    @property
    def state(self) -> str:
        """One of "running", "finished" (exit code 0), "interrupted" (130), "killed" (137, 143) and "failed"."""
        return self._session.state

    @property
    def exit_code(self) -> int | None:
        """The exit code; None while the run is active."""
        return self._session.exit_code

    @property
    def outcome(self) -> str:
        """One sentence on how sending the run ended, once it has finished; empty for a run that was not sent."""
        return self._session.sync_outcome

    # -- location

    @property
    def url(self) -> str | None:
        """The address of the run's page; None while no server has it."""
        return self._session.sync.url if self._session.sync else None

    @property
    def project_url(self) -> str | None:
        """The address of the project's page; None while no server has the run."""
        return self.url.rpartition("/runs/")[0] if self.url else None

    @property
    def sweep_url(self) -> str | None:
        """The address of the sweep's page; None for a run outside a sweep."""
        return f"{self.project_url}/sweeps/{self.sweep_id}" if self.project_url and self.sweep_id else None

    @property
    def dir(self) -> str:
        """The folder of the run's files; files put there belong to the run. "/" in disabled mode."""
        return str(self._session.directory.files) if self._session.directory else "/"

    @property
    def directory(self) -> Path | None:
        """The run directory; None in disabled mode."""
        return self._session.directory.path if self._session.directory else None

    @property
    def sync_dir(self) -> str:
        """The run directory as text. "/" in disabled mode."""
        return str(self.directory or "/")

    @property
    def file(self) -> Path | None:
        """The run file; None in disabled mode."""
        return self._session.directory.run_file if self._session.directory else None

    def _repr_html_(self) -> str | None:
        """Return a picture of the run as it is now, for notebooks without IPython."""
        if self.file is None:
            return None
        from wandb_nb.view.message.run_stream import RunStream  # the readers and the view take long to import
        from wandb_nb.view.previews.saved_media import SavedMedia
        from wandb_nb.view.run_bundle import bundle

        stream = RunStream(self.file)
        while stream.advance():
            pass
        media = SavedMedia.of(stream.open_media, self.settings.saved_media)
        return str(bundle(stream, None, media=media)["text/html"])


def session_of(run: RunView) -> RunSession:
    """Return the session behind *run*: the way to a run's internals for this package and the layers above it."""
    return run._session  # noqa: SLF001 -- the one place that opens it
