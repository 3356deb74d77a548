"""`RunStream`: a run's files followed, for the messages that views of it ask for."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

from wandb_nb.errors import StoreError
from wandb_nb.store.format.layout import RunDir, segment_files
from wandb_nb.store.reading.tail import Tail
from wandb_nb.store.runs.run_chain import parts
from wandb_nb.store.runs.run_source import sources
from wandb_nb.view.message.cell_list import CellSources
from wandb_nb.view.message.message_builder import MessageBuilder

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from wandb_nb.view.message.run_message import CellHeader

SLICE_BYTES = 256 << 10  # what is read and applied at once; other threads get a turn in between
OWNER_CHECK_S = 1.0


class RunStream(MessageBuilder):
    """Follows the run at *run*, a run directory or its run file, and tells views what is new.

    *owner_alive* says whether the writer of a run directory lives, None where that cannot be known; it is asked once
    a second at most. A run without exit record whose writer is gone has crashed. Segments that other processes write
    beside the run file are followed too, and what the run was resumed from comes first.
    Not thread-safe: one thread at a time may call `advance`, `message` or `snapshot`. Nothing is ever written.
    """

    def __init__(self, run: str | os.PathLike[str], owner_alive: Callable[[Path], bool | None] | None = None) -> None:
        path = Path(run)
        self.file = RunDir.open(path).run_file if path.is_dir() else path
        self.directory = self.file.parent
        self._owner_alive = owner_alive or _lock_tells
        self._next_check = 0.0
        super().__init__()

    def advance(self, budget_s: float = 0.25) -> bool:
        """Read on for about *budget_s* seconds, in slices; return whether there is more to read at once.

        Raises `StoreError` when the run file cannot be read.
        """
        end = time.monotonic() + budget_s
        self._check_owner()
        self._find_segments()
        self._more = True
        while self._more and time.monotonic() < end:
            self._more = self._read_slice()
        return self._more

    def _restart(self) -> None:
        """Begin again at the start of all files; cursors given before ask for everything from now on."""
        super()._restart()
        self._tails = {self.file: Tail(self.file)}
        earlier = parts(self.file)[:-1] if self.file.exists() else []
        self._earlier = sources(earlier)
        self._earlier_read = 0
        self._folder = self._earlier[0].folder if self._earlier else self.directory
        self._cell_sources = CellSources([*(part.folder for part in earlier), self.directory])

    def _lost(self) -> int:
        return super()._lost() + sum(map(_damaged, self._tails.values()))

    def _check_owner(self) -> None:
        """Ask for the owner before reading: what it wrote before it went is then read before the verdict."""
        now = time.monotonic()
        if now >= self._next_check and self.state.exit_code is None:
            self._next_check = now + OWNER_CHECK_S
            self.alive = self._owner_alive(self.directory)
            if self.alive is False:
                for tail in self._tails.values():
                    tail.settle()

    def _find_segments(self) -> None:
        """Follow new segments; begin again when one is gone, since its rows are then folded into the run file."""
        found = segment_files(self.directory)
        if any(path not in found for path in self._tails if path != self.file):
            self._restart()
        for path in found:
            if path not in self._tails:
                self._tails[path] = Tail(path)

    def _read_slice(self) -> bool:
        """Read a slice of each file; return whether there may be more."""
        if self._earlier_read < len(self._earlier):
            return self._read_earlier()
        more = False
        for writer, (path, tail) in enumerate(list(self._tails.items()), len(self._earlier)):
            restarts = tail.restarts
            try:
                payloads = tail.read(SLICE_BYTES)
            except StoreError:
                if path == self.file:
                    raise
                continue  # a segment folded this moment: the next call finds it gone
            if tail.restarts != restarts:
                self._restart()
                return True
            self.state.apply(payloads, writer)
            more = more or bool(payloads)
        return more

    def _read_earlier(self) -> bool:
        """Read a slice of what the run goes on from; it is read once, and whole before anything newer."""
        try:
            payloads = self._earlier[self._earlier_read].read(SLICE_BYTES)
        except StoreError:  # taken away meanwhile: what is left is shown
            payloads = []
        self.state.apply(payloads, self._earlier_read)
        if not payloads:
            self._next_source()
        return True

    def _next_source(self) -> None:
        """Go on with the next file; a directory's own cells count from its first row on."""
        self._earlier_read += 1
        left = self._earlier[self._earlier_read :]
        folder = left[0].folder if left else self.directory
        if folder != self._folder:
            self._book.parts.begin(len(self.state.table))
            self._folder = folder

    def _cells(self) -> list[CellHeader]:
        return self._cell_sources.tell(self._book.cells)


def _lock_tells(directory: Path) -> bool | None:
    from wandb_nb.store.writing.owner_lock import owner_alive  # only here: most views are given their own way to know

    return owner_alive(directory)


def _damaged(tail: Tail) -> int:
    """Return the damaged stretches, without one at the file's end: no `log` that was cut off there had returned."""
    return sum(part.end != tail.offset for part in tail.damage)
