"""`ValuesCache`: the runs of projects with their parsed values. Of a run that has not changed nothing is read again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from wandb_nb.lru import SizedCache
from wandb_nb.run_filters.run_values import RunValues
from wandb_nb.server.query.listed_runs import ListedRuns
from wandb_nb.server.storage import run_store

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from wandb_nb.server.storage.project_store import Project
    from wandb_nb.server.storage.run_store import RunVersion

# Of the stored texts; the parsed values take about five times as many bytes. A project that does not fit is parsed by
# each request, which takes three times as long and no less memory while it lasts.
_MAX_CHARACTERS = 128 << 20

_PROJECT_CHARACTERS = 1_000  # what a project without runs counts
_MAX_VALUES = 1 << 20  # characters of a config or a summary
_BATCH = 500  # parameters of one statement


class _Entry(NamedTuple):
    versions: list[RunVersion]
    listed: ListedRuns


class ValuesCache:
    """The runs of the projects that were listed last. Thread-safe."""

    def __init__(self, max_characters: int = _MAX_CHARACTERS) -> None:
        self._entries: SizedCache[tuple[Any, ...], _Entry] = SizedCache(max_characters)

    def list_runs(self, connection: Connection, project: Project) -> ListedRuns:
        """Return all runs of *project* as its reader may see them; *connection* must see one state of the data."""
        key = (project.id, project.entity, project.name, project.member)  # a row has the names of its project
        entry = self._entries.get(key)
        versions = run_store.list_versions(connection, project)
        if entry is None or entry.versions != versions:
            entry = _read_changes(connection, project, entry, versions)
            self._entries.put(key, entry, _PROJECT_CHARACTERS + sum(map(_length, entry.listed.runs)))
        return entry.listed


def _read_changes(connection: Connection, project: Project, entry: _Entry | None, versions: list[RunVersion]) -> _Entry:
    """Return the runs with these *versions*; those that *entry* does not have are read."""
    present = dict(zip(entry.versions, entry.listed.runs, strict=True)) if entry else {}
    changed = [version[0] for version in versions if version not in present]
    rows = {row.id: row for row in _rows(connection, project, None if len(changed) == len(versions) else changed)}
    runs = [present[version] if version in present else RunValues(rows[version[0]]) for version in versions]
    return _Entry(versions, ListedRuns(runs, entry.listed if entry else None))


def _rows(connection: Connection, project: Project, ids: Sequence[int] | None) -> list[Any]:
    """Return the rows of the runs with these *ids*, None for all."""
    if ids is None:
        return run_store.list_runs(connection, project, _MAX_VALUES, outcomes=True)
    return [
        row
        for at in range(0, len(ids), _BATCH)
        for row in run_store.list_runs(connection, project, _MAX_VALUES, outcomes=True, ids=ids[at : at + _BATCH])
    ]


def _length(run: RunValues) -> int:
    return len(run.row.config or "") + len(run.row.summary or "") + len(run.row.tags or "")
