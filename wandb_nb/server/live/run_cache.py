"""`RunCache`: the runs that pages look at, held in memory as far as there is room."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from wandb_nb.lru import LRUDict
from wandb_nb.server.live import sampling
from wandb_nb.server.live.stored_run import StoredRun

if TYPE_CHECKING:
    from wandb_nb.server.storage.database import Database
    from wandb_nb.view.message.run_message import Message

_MOST_RUNS = 16
_MOST_NUMBERS = 20_000_000  # 160 MB; the run that was looked at last is held whatever its size
_POINTS = 1_000


class RunCache:
    """Any thread may call; one run is read by one at a time."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._lock = threading.Lock()
        self._held: LRUDict[int, tuple[threading.Lock, StoredRun]] = LRUDict(_MOST_RUNS)

    def message(self, row: Any, cursor: str) -> Message:
        """Return what is new in the run since the message with *cursor*.

        As long as a long run is being read, that is a sample of all of it: nobody has to wait to see its course.
        """
        lock, run = self._run(row.id)
        with lock:
            run.advance()
            if run.knows(cursor):
                return run.message(cursor)
        sample = sampling.sampled(self._database, row, _POINTS, cursor)
        sample.header["more"], sample.header["done"] = True, False
        return sample

    def _run(self, number: int) -> tuple[threading.Lock, StoredRun]:
        with self._lock:
            self._held[number] = self._held.get(number) or (threading.Lock(), StoredRun(self._database, number))
            while self._too_large():
                self._held.popitem(last=False)
            return self._held[number]

    def _too_large(self) -> bool:
        return len(self._held) > 1 and sum(run.numbers for _, run in list(self._held.values())) > _MOST_NUMBERS
