"""The runs of this machine for the public API."""

from __future__ import annotations

import getpass
from functools import cached_property
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, NoReturn

from wandb_nb.errors import RunNotFoundError, UnsupportedError, UsageError
from wandb_nb.public_api.local.local_artifacts import LocalArtifacts
from wandb_nb.public_api.local.local_run import LocalRun
from wandb_nb.public_api.run_storage import ProjectAttributes
from wandb_nb.run_filters.filters import matches
from wandb_nb.run_filters.run_order import sort_runs
from wandb_nb.run_filters.run_values import RunValues, timestamp
from wandb_nb.run_names import LOCAL_ENTITY
from wandb_nb.store.runs.run_list import current_entries, state_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wandb_nb.public_api.run_storage import RunPath, RunQuery, RunValuesRead
    from wandb_nb.store.runs.registry import RunEntry

_CREATED = {"", "created_at", "createdAt"}
_DELETED = "deleted"
"""The state of a run whose directory somebody removed."""


class LocalCatalog:
    """The runs in this user's registry. A run without an entity belongs to *entity*, by default "local"."""

    def __init__(self, entity: str | None = None) -> None:
        self._entity = entity or LOCAL_ENTITY

    @property
    def entity(self) -> str:
        """The entity of runs that name none."""
        return self._entity

    @property
    def artifacts(self) -> LocalArtifacts:
        """The artifacts of this machine."""
        return LocalArtifacts()

    @property
    def teams(self) -> NoReturn:
        """Refuse.

        Raises:
            UnsupportedError: Always.

        """
        raise UnsupportedError(
            "this machine has no teams: log in to a server with wandb_nb.login(), and leave out WANDB_MODE=offline"
        )

    def viewer(self) -> dict[str, Any]:
        """Return this user of the machine."""
        return {"entity": self._entity, "username": getpass.getuser(), "email": "", "teams": []}

    def run(self, path: RunPath) -> LocalRun:
        """Return the newest run with the id of *path* in its project.

        Raises:
            RunNotFoundError: There is none.

        """
        for entry in self._entries(path.entity, path.project):
            if entry.id == path.run:
                return LocalRun(entry)
        raise RunNotFoundError(f"there is no run {path} on this machine: `wandb-nb ls` lists them")

    def runs(self, query: RunQuery) -> tuple[int, Iterator[LocalRun]]:
        """Return how many runs *query* finds, and these runs."""
        entries = list(self._entries(query.entity, query.project))
        if not query.filters and query.order.lstrip("+-") in _CREATED:  # nothing has to be read for these
            entries = entries if query.order.startswith("-") else entries[::-1]
            return len(entries), map(LocalRun, entries)
        matching = [run for run in map(LocalRunValues, entries[::-1]) if matches(run, query.filters)]
        chosen = sort_runs(matching, query.order)
        return len(chosen), (run.run for run in chosen if isinstance(run, LocalRunValues))

    def projects(self, entity: str) -> Iterator[ProjectAttributes]:
        """Yield the projects of *entity*, the one with the newest run first."""
        first: dict[str, float] = {}
        for entry in self._entries(entity, None):
            first[entry.project] = entry.created
        for name, created in first.items():
            yield ProjectAttributes(name, entity, created_at=timestamp(created))

    def project(self, entity: str, name: str) -> ProjectAttributes:
        """Return the project *name*.

        Raises:
            UsageError: No run of this machine is in it.

        """
        for project in self.projects(entity):
            if project.name == name:
                return project
        raise UsageError(f"there is no project {entity}/{name} on this machine: Api().projects() lists the projects")

    def _entries(self, entity: str, project: str | None) -> Iterator[RunEntry]:
        """Yield the entries of the existing runs, newest first; the newest directory of each run."""
        seen: set[tuple[str, str]] = set()
        for entry in current_entries():
            is_inside = (entry.entity or self._entity) == entity and project in (None, entry.project)
            if is_inside and (entry.project, entry.id) not in seen and state_of(entry) != _DELETED:
                seen.add((entry.project, entry.id))
                yield entry


class LocalRunValues(RunValues):
    """The values of the run of a registry entry; config and summary are read when a filter or an order names them."""

    def __init__(self, entry: RunEntry) -> None:
        self.run = LocalRun(entry)
        read = self._attributes = self.run.attributes()
        super().__init__(
            SimpleNamespace(
                name=read.id,
                display_name=read.name,
                state=read.state,
                group_name=read.group,
                job_type=read.job_type,
                notes=read.notes,
                sweep=read.sweep,
                created=entry.created,
                heartbeat=entry.ended or entry.created,
                exit_code=read.exit_code,
            )
        )

    @cached_property
    def _values(self) -> RunValuesRead:
        return self.run.values()

    @property
    def config(self) -> dict[str, Any]:
        """The config."""
        return self._values.config

    @property
    def summary(self) -> dict[str, Any]:
        """The summary."""
        return self._values.summary

    @property
    def tags(self) -> list[str]:
        """The tags."""
        return self._attributes.tags
