"""`ValuesCache`: the parsed config and summary of listed runs, and their numbers, kept while the rows are the same."""

from __future__ import annotations

import operator
import threading
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from wandb_nb.lru import LRUDict
from wandb_nb.run_filters.run_values import RunValues
from wandb_nb.server.query.run_groups import NumberColumns
from wandb_nb.server.storage import run_store

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

    from wandb_nb.server.storage.project_store import Project

# Of the stored texts; the parsed values take about five times as many bytes. A project that does not fit is parsed by
# each request, which takes three times as long and no less memory while it lasts.
_MAX_CHARACTERS = 128 << 20

_MAX_PROJECTS = 8
_MAX_VALUES = 1 << 20  # characters of a config or a summary


class ValuesCache:
    """Parsing 20,000 runs takes longer than sorting them. Thread-safe."""

    def __init__(self, max_characters: int = _MAX_CHARACTERS) -> None:
        self._max_characters = max_characters
        self._lock = threading.Lock()
        self._values: OrderedDict[int, RunValues] = OrderedDict()
        self._characters = 0
        self._numbers: LRUDict[int, NumberColumns] = LRUDict(_MAX_PROJECTS)

    def list_runs(self, connection: Connection, project: Project) -> list[RunValues]:
        """Return the values of all runs of *project*, as its readers may see them."""
        return self.values_of(run_store.list_runs(connection, project, _MAX_VALUES, outcomes=True))

    def values_of(self, rows: Iterable[Any]) -> list[RunValues]:
        """Return the values of each of *rows*; a row that differs from the one before in anything is parsed anew."""
        with self._lock:
            values = [self._values_of(row) for row in rows]
            while self._characters > self._max_characters:
                _, oldest = self._values.popitem(last=False)
                self._characters -= _length(oldest)
        return values

    def numbers_of(self, project: int, runs: Sequence[RunValues]) -> NumberColumns:
        """Return the numbers of *runs*, all runs of the project with the id *project*."""
        with self._lock:
            numbers = self._numbers.get(project)
            if numbers is None or len(numbers.runs) != len(runs) or not all(map(operator.is_, numbers.runs, runs)):
                numbers = NumberColumns(runs)
            self._numbers[project] = numbers
        return numbers

    def _values_of(self, row: Any) -> RunValues:
        values = self._values.get(row.id)
        if values is not None and values.row == row:
            self._values.move_to_end(row.id)
            return values
        if values is not None:
            self._characters -= _length(values)
        self._values[row.id] = values = RunValues(row)
        self._values.move_to_end(row.id)
        self._characters += _length(values)
        return values


def _length(values: RunValues) -> int:
    return len(values.row.config or "") + len(values.row.summary or "") + len(values.row.tags or "")
