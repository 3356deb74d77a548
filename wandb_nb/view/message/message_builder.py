"""`MessageBuilder`: the messages that views of a growing run ask for, wherever its records come from."""

from __future__ import annotations

import secrets
from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Any, cast

from wandb_nb.store.reading.run_state import RunState
from wandb_nb.view.message.run_header import definitions, describe
from wandb_nb.view.message.run_message import pack, strict_json
from wandb_nb.view.message.series import MOST_SERIES_SAVED, ClientState, SeriesSet

if TYPE_CHECKING:
    from wandb_nb.view.message.run_message import CellHeader, Message, MessageHeader, RunHeader


class MessageBuilder:
    """Holds the `state` of a run and tells it in messages.

    Who derives from it applies records to `state`, keeps `_more` (whether there are more to apply at once) and
    `alive` (whether the run's writer lives, None where unknown), and calls `_restart` when the past has changed.
    Not thread-safe.
    """

    state: RunState

    def __init__(self) -> None:
        self.alive: bool | None = None
        self._more = False
        self._restart()

    @property
    def done(self) -> bool:
        """Whether nothing will follow: all is read, and the run ended or its writer is gone."""
        return not self._more and (self.state.exit_code is not None or self.alive is False)

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

    def run_header(self) -> RunHeader:
        """Return the header of the run, as far as it is read."""
        return self._describe()["run"]

    def _restart(self) -> None:
        """Begin again with nothing; cursors given before ask for everything from now on."""
        self.state = RunState()
        self._book = SeriesSet()
        self._marks = _Marks()
        self._epoch = secrets.token_hex(4)

    def _lost(self) -> int:
        """Return how many records could not be read."""
        return self.state.unreadable

    def _describe(self) -> MessageHeader:
        state = self.state
        metrics = definitions(state)
        self._book.sync(state, metrics)
        header = describe(state, self.alive, metrics)
        header["run"]["lost"] = self._lost()
        return {**header, "cells": self._cells(), "more": self._more, "done": self.done}

    def _cells(self) -> list[CellHeader]:
        """Return the executions of cells that logged rows; none where nobody wrote them down."""
        return []

    def _cursor(self, marks: dict[str, int]) -> str:
        runs = groupby(track.held for track in self._book.tracks)
        counts = [f"{held.points}~{held.generation}*{len(list(same))}" for held, same in runs]
        return ".".join([self._epoch, "_".join(map(str, marks.values())), "_".join(counts)])

    def _parse_cursor(self, cursor: str) -> tuple[dict[str, int], list[ClientState]] | None:
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

    def _parse_counts(self, text: str) -> list[ClientState]:
        held: list[ClientState] = []
        for part in text.split("_") if text else []:
            count, generation, times = map(int, part.replace("~", "*").split("*"))
            if not 0 < times <= len(self._book.tracks) - len(held):
                raise ValueError(part)
            held += [ClientState(count, generation)] * times
        return held


class _Marks:
    """Numbers that grow when config, summary, definitions or cells change."""

    NAMES = ("config", "summary", "metrics", "cells")

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._marks: Counter[str] = Counter()

    def update(self, header: MessageHeader) -> dict[str, int]:
        """Take notice of the present values in *header*; return the mark of each."""
        for name in self.NAMES:
            text = strict_json(cast("dict[str, Any]", header)[name])
            if self._texts.get(name) != text:
                self._texts[name] = text
                self._marks[name] += 1
        return {name: self._marks[name] for name in self.NAMES}
