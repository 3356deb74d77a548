"""`RunCache`: the runs that open pages show, in memory up to a limit."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from wandb_nb.lru import LRUDict
from wandb_nb.server.live.sampling import sampled_message, sampled_range
from wandb_nb.server.live.stored_run import StoredRun
from wandb_nb.server.storage.storage_errors import NotFoundError

if TYPE_CHECKING:
    from wandb_nb.server.storage.database import Database
    from wandb_nb.server.storage.files.file_store import FileStore
    from wandb_nb.view.message.row_range import RangeRequest
    from wandb_nb.view.message.run_message import Message

_MAX_RUNS = 16
_MAX_NUMBERS = 20_000_000  # 160 MB; the most recent run stays whatever its size
_SAMPLED_POINTS = 1_000


class RunCache:
    """Thread-safe; one thread at a time reads a run."""

    def __init__(self, database: Database, store: FileStore) -> None:
        self._database, self._store = database, store
        self._lock = threading.Lock()
        self._entries: LRUDict[str, tuple[threading.Lock, StoredRun]] = LRUDict(_MAX_RUNS)

    def message(self, row: Any, cursor: str) -> Message:
        """Return what is new in the run of *row* since the message with *cursor*.

        While a long run is still being read, that is a sample of all of it, so that its course is visible immediately.

        Raises:
            NotFoundError: The run was deleted.

        """
        lock, run = self._entry(row)
        with lock:
            self._advance(run, row.uid)
            if run.can_answer(cursor):
                return run.message(cursor)
        sample = sampled_message(self._database, row, _SAMPLED_POINTS, cursor)
        sample.header["more"], sample.header["done"] = True, False
        return sample

    def range(self, row: Any, request: RangeRequest) -> Message:
        """Return the rows of a part of the x axis of the run in *row*.

        While a long run is still being read, that is a sample of the range, and `more` is set.

        Raises:
            NotFoundError: The run was deleted.

        """
        lock, run = self._entry(row)
        with lock:
            self._advance(run, row.uid)
            message = run.range(request)
        return sampled_range(self._database, row, request) if message.header["more"] else message

    def drop(self, uid: str) -> None:
        """Forget the run with this random value, because it was deleted."""
        with self._lock:
            self._entries.pop(uid, None)

    def _advance(self, run: StoredRun, uid: str) -> None:
        try:
            run.advance()
        except NotFoundError:
            self.drop(uid)
            raise

    def _entry(self, row: Any) -> tuple[threading.Lock, StoredRun]:
        with self._lock:
            entry = self._entries.get(row.uid) or (threading.Lock(), StoredRun(self._database, row.uid, self._store))
            self._entries[row.uid] = entry
            while self._is_too_large():
                self._entries.popitem(last=False)
            return entry

    def _is_too_large(self) -> bool:
        return len(self._entries) > 1 and sum(run.size for _, run in self._entries.values()) > _MAX_NUMBERS
