"""`StoredRun`: the messages of a stored run, so that a page shows the same charts as the notebook."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from wandb_nb.run_filters.run_values import RunValues
from wandb_nb.server.live.output_versions import output_versions
from wandb_nb.server.live.session_cells import SessionCells
from wandb_nb.server.storage import run_store
from wandb_nb.server.storage.lines import line_store
from wandb_nb.server.storage.storage_errors import NotFoundError
from wandb_nb.store.metrics.definition import from_config
from wandb_nb.untrusted_json import load_objects
from wandb_nb.view.message.message_builder import MessageBuilder

if TYPE_CHECKING:
    from wandb_nb.server.storage.database import Database
    from wandb_nb.server.storage.files.file_store import FileStore
    from wandb_nb.store.reading.run_state import RunState
    from wandb_nb.view.message.run_message import CellHeader, VersionHeader

_BATCH = 2_000
_READ_SECONDS = 0.25
_EXTRA_KEYS = ("_cell", "_attempt", "_writer")


class StoredRun(MessageBuilder):
    """Follows the run with the random value *uid* in *database*. Not thread-safe."""

    def __init__(self, database: Database, uid: str, store: FileStore) -> None:
        self._database, self._uid = database, uid
        self._session_cells = SessionCells(store)
        self._row: Any = None
        self._output: list[VersionHeader] = []
        super().__init__()

    def advance(self) -> None:
        """Read new rows, for about a quarter of a second and at least one batch.

        Raises:
            NotFoundError: The run was deleted.

        """
        end = time.monotonic() + _READ_SECONDS
        with self._database.read() as connection:
            row = run_store.run_by_uid(connection, self._uid)
            if row is None:
                raise NotFoundError("this run was deleted")
            if self._row is not None and row.rewrites != self._row.rewrites:
                self._restart()
            self._session_cells.refresh(connection, row.id)
            self._output = output_versions(connection, row.id)
            self._more = True
            while self._more:
                texts = line_store.lines_from(connection, row.id, "history", self._next, _BATCH)
                self.state.apply_rows([table_row(row) for row in load_objects(texts)])
                self._next += len(texts)
                self._more = bool(texts)
                if time.monotonic() > end:
                    break
        if row != self._row or self._fresh:
            self._apply_row(row)

    @property
    def size(self) -> int:
        """How many numbers are in memory."""
        table = self.state.table
        return sum(len(column) for column in table.numbers.values()) + len(table)

    def can_answer(self, cursor: str) -> bool:
        """Whether a message after *cursor* is possible: *cursor* is known, or the whole run has been read."""
        return not self._more or self._parse_cursor(cursor) is not None

    def _restart(self) -> None:
        super()._restart()
        self._next = 0
        self._fresh = True

    def _cells(self) -> list[CellHeader]:
        return self._session_cells.headers(self._series.cells)

    def _versions_logged(self) -> list[VersionHeader]:
        return self._output

    def _apply_row(self, row: Any) -> None:
        apply_run_row(self.state, row)
        self.alive = is_alive(row)
        self._row, self._fresh = row, False


def is_alive(row: Any) -> bool | None:
    """Return False if the run's process is gone, None if that is not known."""
    return False if row.state == "crashed" else None


def apply_run_row(state: RunState, row: Any) -> None:
    """Copy what *row* of the table of runs says to *state*."""
    values = RunValues(row)
    state.id, state.name, state.project, state.entity = row.name, row.display_name, row.project, row.entity
    state.group, state.job_type, state.notes = row.group_name or "", row.job_type or "", row.notes or ""
    state.tags, state.start_time, state.exit_code = values.tags, row.created, row.exit_code
    wandb = values.config.get("_wandb")
    state.config_wandb = wandb if isinstance(wandb, dict) else {}
    state.config = {key: value for key, value in values.config.items() if key != "_wandb"}
    state.metrics.replace(from_config(state.config_wandb.get("m")))
    state.apply_summary(values.summary)


def table_row(row: dict[str, Any]) -> dict[str, Any]:
    """Return *row* as a table takes it: the user's keys, and the row's own ones with values that are numbers."""
    values = {key: value for key, value in row.items() if not key.startswith("_")}
    values["_step"] = max(0, int(_number(row.get("_step"))))
    values["_runtime"], values["_timestamp"] = _number(row.get("_runtime")), _number(row.get("_timestamp"))
    for key in _EXTRA_KEYS:
        value = row.get(key)
        if isinstance(value, int) and value >= 0:
            values[key] = value
    return values


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) and abs(value) < 2**53 else 0.0
