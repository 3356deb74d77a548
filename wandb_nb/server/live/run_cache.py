"""`RunCache`: the runs that open pages show, in memory up to a limit."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from wandb_nb.lru import LRUDict
from wandb_nb.server.live.sampling import sampled_message
from wandb_nb.server.live.stored_run import StoredRun

if TYPE_CHECKING:
    from wandb_nb.server.storage.database import Database
    from wandb_nb.view.message.run_message import Message

_MAX_RUNS = 16
_MAX_NUMBERS = 20_000_000  # 160 MB; the most recent run stays whatever its size
_SAMPLED_POINTS = 1_000


class RunCache:
    """Thread-safe; one thread at a time reads a run."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._entries: LRUDict[int, tuple[threading.Lock, StoredRun]] = LRUDict(_MAX_RUNS)

    def message(self, row: Any, cursor: str) -> Message:
        """Return what is new in the run since the message with *cursor*.

        While a long run is still being read, that is a sample of all of it, so that its course is visible immediately.
        """
        lock, run = self._entry(row.id)
        with lock:
            run.advance()
            if run.can_answer(cursor):
                return run.message(cursor)
        sample = sampled_message(self._database, row, _SAMPLED_POINTS, cursor)
        sample.header["more"], sample.header["done"] = True, False
        return sample

    def _entry(self, run_id: int) -> tuple[threading.Lock, StoredRun]:
        with self._lock:
            entry = self._entries.get(run_id) or (threading.Lock(), StoredRun(self._database, run_id))
            self._entries[run_id] = entry
            while self._is_too_large():
                self._entries.popitem(last=False)
            return entry

    def _is_too_large(self) -> bool:
        return len(self._entries) > 1 and sum(run.size for _, run in self._entries.values()) > _MAX_NUMBERS
