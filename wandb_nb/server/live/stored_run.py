"""Stored runs as the views' messages: the charts of a page are those of the notebook."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import RowError
from wandb_nb.server.query.filters import RunValues
from wandb_nb.server.storage import line_store, run_store
from wandb_nb.store.format import records
from wandb_nb.store.metrics.definition import from_config
from wandb_nb.store.writing.row_encoder import RowEncoder, extra_items
from wandb_nb.view.message.message_builder import MessageBuilder

if TYPE_CHECKING:
    from wandb_nb.server.storage.database import Database
    from wandb_nb.store.reading.run_state import RunState

_SLICE = 2_000
_BUDGET_S = 0.25
_OWN = ("_cell", "_attempt", "_writer")


class StoredRun(MessageBuilder):
    """Follows run *number* of *database*. Not thread-safe."""

    def __init__(self, database: Database, number: int) -> None:
        self._database, self._number = database, number
        self._encoder = RowEncoder()
        self._row: Any = None
        super().__init__()

    def advance(self) -> None:
        """Read on for a quarter of a second at most."""
        end = time.monotonic() + _BUDGET_S
        with self._database.read() as connection:
            row = run_store.run_by_number(connection, self._number)
            if self._row is not None and row.rewrites != self._row.rewrites:
                self._restart()
            self._more = True
            while self._more and time.monotonic() < end:
                texts = line_store.after(connection, self._number, "history", self._next, _SLICE)
                self.state.apply([payload for text in texts if (payload := self._payload(text)) is not None])
                self._next += len(texts)
                self._more = len(texts) == _SLICE
        if row != self._row or self._fresh:
            self._describe_row(row)

    @property
    def numbers(self) -> int:
        """How many numbers are held in memory."""
        table = self.state.table
        return sum(len(column) for column in table.numbers.values()) + len(table)

    def knows(self, cursor: str) -> bool:
        """Whether what follows the message with *cursor* can be told, or else all there is: it has all been read."""
        return not self._more or self._parse_cursor(cursor) is not None

    def _restart(self) -> None:
        super()._restart()
        self._next = self._skipped = 0
        self._fresh = True

    def _lost(self) -> int:
        return super()._lost() + self._skipped

    def _payload(self, text: str) -> bytes | None:
        row = json.loads(text)
        users = {key: value for key, value in row.items() if not key.startswith("_")}
        extra = extra_items(*(_whole(row.get(key)) for key in _OWN))
        step, runtime, stamp = (_number(row.get(key)) for key in ("_step", "_runtime", "_timestamp"))
        try:
            return self._encoder.encode(users, max(0, int(step)), runtime, stamp, extra)
        except RowError:
            self._skipped += 1  # the header's count of lost rows tells it
            return None

    def _describe_row(self, row: Any) -> None:
        take_row(self.state, row)
        self.alive = alive(row)
        self._row, self._fresh = row, False


def alive(row: Any) -> bool | None:
    """Whether the run's process is known to be gone; None where it is not."""
    return False if row.state == "crashed" else None


def take_row(state: RunState, row: Any) -> None:
    """Take a run's own facts, which *row* of the table of runs holds, over into *state*."""
    facts = RunValues(row)
    state.id, state.name, state.project, state.entity = row.name, row.display_name, row.project, row.entity
    state.group, state.job_type, state.notes = row.group_name or "", row.job_type or "", row.notes or ""
    state.tags, state.start_time, state.exit_code = json.loads(row.tags), row.created, row.exit_code
    own = facts.config.get("_wandb")
    state.config = {key: value for key, value in facts.config.items() if key != "_wandb"}
    state.metrics.replace(from_config(own.get("m") if isinstance(own, dict) else None))
    texts: dict[str | tuple[str, ...], str] = {key: json.dumps(value) for key, value in facts.summary.items()}
    gone = [key for key in state.summary if key not in texts]
    state.apply([records.summary(texts, gone)])


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and value >= 0 else None


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) and abs(value) < 2**53 else 0.0
