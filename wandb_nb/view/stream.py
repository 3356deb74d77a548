"""`RunStream`: a run's files followed, and the messages that views of it ask for."""

from __future__ import annotations

import secrets
import time
from collections import Counter
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from wandb_nb.errors import StoreError
from wandb_nb.store.reader import Tail
from wandb_nb.store.replay import RunState
from wandb_nb.view.facts import definitions, describe
from wandb_nb.view.message import pack, strict_json
from wandb_nb.view.series import MOST_SERIES_SAVED, Book, Held

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from wandb_nb.view.message import Header, Message

SLICE_BYTES = 256 << 10  # what is read and applied at once; other threads get a turn in between
OWNER_CHECK_S = 1.0


class RunStream:
    """Follows the run at *run*, a run directory or its run file, and tells views what is new.

    *owner_alive* says whether the writer of a run directory lives, None where that cannot be known; it is asked once
    a second at most. A run without exit record whose writer is gone has crashed. Segments that other processes write
    beside the run file are followed too.
    Not thread-safe: one thread at a time may call `advance`, `message` or `snapshot`. Nothing is ever written.
    """

    def __init__(self, run: str | os.PathLike[str], owner_alive: Callable[[Path], bool | None] | None = None) -> None:
        self.file = _run_file(Path(run))
        self.directory = self.file.parent
        self.alive: bool | None = None
        self._owner_alive = owner_alive or _lock_tells
        self._next_check = 0.0
        self._more = False
        self._restart()

    @property
    def done(self) -> bool:
        """Whether nothing will follow: all is read, and the run ended or its writer is gone."""
        return not self._more and (self.state.exit_code is not None or self.alive is False)

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

    def message(self, cursor: str = "") -> Message:
        """Return what is new to a view since the message with *cursor*; everything for "" or a cursor unknown here.

        A cursor holds all that is to know about a view, so any number of views may ask, in any order.
        """
        header = self._describe()
        known = self._parse_cursor(cursor)
        marks = self._marks.update(header)
        if known is not None:
            for name, mark in marks.items():
                if known[0].get(name) == mark:
                    header[name] = None  # type: ignore[literal-required]  # the marked names are keys of a header
        header["cursor"] = self._cursor(marks)
        return pack(header, self._book.after(known[1] if known else []))

    def snapshot(self, points: int = 4_000) -> Message:
        """Return the whole run with about *points* points over all series, for saving; its cursor asks for all."""
        return pack(self._describe(), self._book.whole(points, MOST_SERIES_SAVED))

    def _restart(self) -> None:
        """Begin again at the start of all files; cursors given before ask for everything from now on."""
        self.state = RunState()
        self._book = Book()
        self._marks = _Marks()
        self._epoch = secrets.token_hex(4)
        self._tails = {self.file: Tail(self.file)}

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
        found = sorted(self.directory.glob("segments/*.wandb"))
        if any(path not in found for path in self._tails if path != self.file):
            self._restart()
        for path in found:
            if path not in self._tails:
                self._tails[path] = Tail(path)

    def _read_slice(self) -> bool:
        """Read a slice of each file; return whether there may be more."""
        more = False
        for writer, (path, tail) in enumerate(list(self._tails.items())):
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

    def _describe(self) -> Header:
        state = self.state
        metrics = definitions(state)
        self._book.sync(state, metrics)
        header = describe(state, self.alive, metrics)
        header["run"]["lost"] = state.unreadable + sum(map(_damaged, self._tails.values()))
        return {**header, "more": self._more, "done": self.done}

    def _cursor(self, marks: dict[str, int]) -> str:
        runs = groupby(track.held for track in self._book.tracks)
        counts = [f"{held.points}~{held.generation}*{len(list(same))}" for held, same in runs]
        return ".".join([self._epoch, "_".join(map(str, marks.values())), "_".join(counts)])

    def _parse_cursor(self, cursor: str) -> tuple[dict[str, int], list[Held]] | None:
        """Return the marks and what is held of each series; None for a cursor that this stream did not give."""
        epoch, _, rest = cursor.partition(".")
        if epoch != self._epoch:
            return None
        try:
            marks, _, counts = rest.partition(".")
            known = dict(zip(_Marks.NAMES, map(int, marks.split("_")), strict=True))
            return known, self._parse_counts(counts)
        except ValueError:
            return None

    def _parse_counts(self, text: str) -> list[Held]:
        held: list[Held] = []
        for part in text.split("_") if text else []:
            count, generation, times = map(int, part.replace("~", "*").split("*"))
            if not 0 < times <= len(self._book.tracks) - len(held):
                raise ValueError(part)
            held += [Held(count, generation)] * times
        return held


class _Marks:
    """Numbers that grow when config, summary or definitions change."""

    NAMES = ("config", "summary", "metrics")

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._marks: Counter[str] = Counter()

    def update(self, header: Header) -> dict[str, int]:
        """Take notice of the present values in *header*; return the mark of each."""
        for name in self.NAMES:
            text = strict_json(cast("dict[str, Any]", header)[name])
            if self._texts.get(name) != text:
                self._texts[name] = text
                self._marks[name] += 1
        return {name: self._marks[name] for name in self.NAMES}


def _run_file(path: Path) -> Path:
    if not path.is_dir():
        return path
    found = sorted(path.glob("run-*.wandb"))
    if not found:
        raise StoreError(
            f"The directory {path} holds no run file (run-<id>.wandb). Give a run directory or a run file."
        )
    return found[0]


def _lock_tells(directory: Path) -> bool | None:
    from wandb_nb.store.lock import owner_alive  # only here: most views are given their own way to know

    return owner_alive(directory)


def _damaged(tail: Tail) -> int:
    """Return the damaged stretches, without one at the file's end: no `log` that was cut off there had returned."""
    return sum(part.end != tail.offset for part in tail.damage)
