"""What the public API reads runs from: one interface for the runs of this machine and those of a server."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from wandb_nb.artifacts.store.stored_version import LineageRun
    from wandb_nb.public_api.artifact_catalog import ArtifactCatalog

Row: TypeAlias = "dict[str, Any]"
Stream = Literal["default", "system"]
STEP = "_step"


@dataclass(frozen=True)
class RunPath:
    """Where a run is: its entity, its project and its id."""

    entity: str
    project: str
    run: str

    def __str__(self) -> str:
        return f"{self.entity}/{self.project}/{self.run}"


@dataclass
class RunAttributes:
    """The values of a run besides its config, summary and rows. Times are texts in UTC, empty where unknown."""

    id: str
    entity: str
    project: str
    name: str = ""
    state: str = ""
    notes: str | None = None
    group: str | None = None
    job_type: str | None = None
    tags: list[str] = field(default_factory=list)
    created_at: str = ""
    heartbeat_at: str = ""
    user: str = ""
    host: str = ""
    sweep: str | None = None
    commit: str | None = None
    url: str = ""
    storage_id: str = ""
    exit_code: int | None = None


@dataclass
class RunValuesRead:
    """Config, summary and newest system metrics of a run. *wandb_config* is the tracker's own part of the config."""

    config: dict[str, Any]
    summary: dict[str, Any]
    system_metrics: dict[str, Any] = field(default_factory=dict)
    wandb_config: dict[str, Any] = field(default_factory=dict)
    last_step: int = -1


@dataclass(frozen=True)
class FileAttributes:
    """A file of a run: its name with "/", size in bytes, type, time of the last change as a text, and its address."""

    name: str
    size: int
    mimetype: str = ""
    updated_at: str = ""
    url: str = ""
    md5: str | None = None


@dataclass(frozen=True)
class RunChanges:
    """New values of a run; None leaves a value as it is. *config* and *summary* have changed keys only."""

    config: dict[str, Any] | None = None
    summary: dict[str, Any] | None = None
    removed_config: tuple[str, ...] = ()
    removed_summary: tuple[str, ...] = ()
    name: str | None = None
    notes: str | None = None
    tags: list[str] | None = None
    group: str | None = None


class RunStorage(Protocol):
    """One stored run. Every method reads anew; errors are CommError for a server, StoreError for files."""

    def attributes(self) -> RunAttributes:
        """Return the run's own values."""

    def values(self) -> RunValuesRead:
        """Return config, summary and system metrics."""

    def rows(self, keys: Sequence[str], min_step: int, max_step: int | None, page_size: int) -> Iterator[Row]:
        """Yield the rows from *min_step* up to before *max_step* that have all *keys*, oldest first."""

    def sample(self, samples: int, keys: Sequence[str], x_axis: str, stream: Stream) -> list[Row]:
        """Return at most *samples* rows, spread evenly; with *keys* only those values of the rows that have them."""

    def files(self, names: Sequence[str], pattern: str | None) -> Iterator[FileAttributes]:
        """Yield the run's files: all, those called *names*, or those that match *pattern*, with `%` and `_`."""

    def download(self, file: FileAttributes, target: Path) -> None:
        """Write the content of *file* to *target*, completely or not at all."""

    def upload(self, path: Path, name: str) -> None:
        """Store the file at *path* as the run's file *name*."""

    def delete_file(self, name: str) -> None:
        """Delete the run's file *name*."""

    def save(self, changes: RunChanges) -> None:
        """Store *changes*."""

    def delete(self) -> None:
        """Delete the run with all its files."""

    def stop(self) -> None:
        """Ask the process of a running run to stop."""

    @property
    def artifact_catalog(self) -> ArtifactCatalog:
        """The artifacts of the same place."""

    def lineage_run(self) -> LineageRun:
        """Return the run as lineage names it."""


@dataclass(frozen=True)
class RunQuery:
    """Which runs of a project to return: by *filters* in MongoDB's form and *order*; a server sends pages of them."""

    entity: str
    project: str
    filters: dict[str, Any] = field(default_factory=dict)
    order: str = "+created_at"
    page_size: int = 50


@dataclass(frozen=True)
class ProjectAttributes:
    """The values of a project; *created_at* is a text in UTC, empty where unknown."""

    name: str
    entity: str
    id: str = ""
    created_at: str = ""
    url: str = ""


@dataclass(frozen=True)
class MemberAttributes:
    """The values of a member of a team; *email* is empty where the server has none."""

    id: str
    username: str
    name: str
    email: str
    admin: bool
    account_type: str


class TeamCatalog(Protocol):
    """The teams of a server."""

    def team(self, name: str) -> tuple[str, list[MemberAttributes]]:
        """Return the present name of the team, and its members.

        Raises:
            UsageError: There is none.

        """

    def invite(self, team: str, username_or_email: str, admin: bool) -> None:
        """Invite a user.

        Raises:
            RefusedError: The server does not do that.

        """

    def remove(self, team: str, member_id: str) -> None:
        """Remove a member.

        Raises:
            RefusedError: The server does not do that.

        """


class RunCatalog(Protocol):
    """All runs of one place: this machine or a server."""

    @property
    def entity(self) -> str:
        """The entity of the user."""

    @property
    def artifacts(self) -> ArtifactCatalog:
        """The artifacts of this place."""

    @property
    def teams(self) -> TeamCatalog:
        """The teams of this place.

        Raises:
            UnsupportedError: It is this machine.

        """

    def viewer(self) -> dict[str, Any]:
        """Return the user's account: `entity`, `username`, `email` and `teams` as far as known."""

    def run(self, path: RunPath) -> RunStorage:
        """Return the run at *path*.

        Raises:
            RunNotFoundError: There is none.
        """

    def runs(self, query: RunQuery) -> tuple[int, Iterator[RunStorage]]:
        """Return how many runs *query* finds, and these runs."""

    def projects(self, entity: str) -> Iterator[ProjectAttributes]:
        """Yield the projects of *entity*."""

    def project(self, entity: str, name: str) -> ProjectAttributes:
        """Return the project *name*.

        Raises:
            UsageError: There is none.
        """
