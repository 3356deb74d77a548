"""`MessageBuilder`: messages for the views of a growing run, independent of where its records come from."""

from __future__ import annotations

import secrets
from collections import Counter
from itertools import groupby
from typing import TYPE_CHECKING, Any, cast

from wandb_nb.store.reading.run_state import RunState
from wandb_nb.view.message.cell_outcome import add_cell_outcome
from wandb_nb.view.message.header_fields import empty_header
from wandb_nb.view.message.run_header import definitions, describe
from wandb_nb.view.message.run_message import pack, strict_json
from wandb_nb.view.message.series import MAX_SAVED_SERIES, ClientState, SeriesSet
from wandb_nb.view.objects.logged_media import MediaPaths
from wandb_nb.view.objects.logged_objects import LoggedObjects

if TYPE_CHECKING:
    from wandb_nb.view.message.row_range import RangeRequest
    from wandb_nb.view.message.run_message import CellHeader, Message, MessageHeader, RunHeader, VersionHeader


class MessageBuilder:
    """Holds the `state` of a run and builds messages from it.

    A subclass applies records to `state`, sets `_more` (whether more can be applied now) and `alive` (whether the
    run's writer is alive, None if unknown), and calls `_restart` when earlier records have changed.
    Not thread-safe.
    """

    state: RunState

    def __init__(self) -> None:
        self.alive: bool | None = None
        self._more = False
        self._restart()

    @property
    def done(self) -> bool:
        """Whether nothing will follow: everything is read, and the run ended or its writer is gone."""
        return not self._more and (self.state.exit_code is not None or self.alive is False)

    def message(self, cursor: str = "") -> Message:
        """Return what is new since the message with *cursor*; everything for "" or an unknown cursor.

        The cursor holds the whole state of a view, so any number of views may ask, in any order.
        """
        header = self._describe()
        client = self._parse_cursor(cursor)
        versions = self._versions.update(header)
        if client is not None:
            for name, version in versions.items():
                if client[0].get(name) == version:
                    header[name] = None  # type: ignore[literal-required]  # the names are keys of a header
        objects = LoggedObjects(self.state.table, self.state.config_wandb)
        versions["objects"] = objects.version(exact=self.done)
        has_objects = client is not None and client[0]["objects"] == versions["objects"]
        header["texts"] = None if has_objects else objects.texts()
        header["media"] = None if has_objects else objects.media()
        header["cursor"] = self._cursor(versions)
        series = self._series.missing(client[1] if client else [])
        return pack(header, series, None if has_objects else objects.heatmaps())

    def snapshot(self, points: int = 4_000, media_steps: int = 1) -> Message:
        """Return the whole run with about *points* points over all series; its cursor asks for everything.

        It has media of the last *media_steps* steps of each metric.
        """
        objects = LoggedObjects(self.state.table, self.state.config_wandb)
        header = self._describe()
        header["texts"], header["media"] = objects.saved_texts(), objects.saved_media(media_steps)
        return pack(header, self._series.whole(points, MAX_SAVED_SERIES), objects.saved_heatmaps(points))

    def range(self, request: RangeRequest) -> Message:
        """Return what *request* asks for, as far as it is read; not a part of what cursors count."""
        header: MessageHeader = {**empty_header(self._describe()["run"]), "more": self._more}
        if request.first_file is not None:
            header["media"] = LoggedObjects(self.state.table, {}).media_page(
                request.keys, request.low, request.first_file
            )
            return pack(header, [])
        return pack(header, self._series.in_range(request))

    def run_header(self) -> RunHeader:
        """Return the header of the run, as far as it is read."""
        return self._describe()["run"]

    def _restart(self) -> None:
        """Start again with nothing; existing cursors then ask for everything."""
        self.state = RunState()
        self._series = SeriesSet()
        self._media_paths = MediaPaths(self.state.table)
        self._versions = _Versions()
        self._epoch = secrets.token_hex(4)

    def _lost(self) -> int:
        """Return how many records could not be read."""
        return self.state.unreadable

    def _describe(self) -> MessageHeader:
        state = self.state
        metrics = definitions(state)
        self._series.sync(state, metrics)
        header = describe(state, self.alive, metrics)
        header["run"]["lost"] = self._lost()
        cells = self._cells()
        add_cell_outcome(header["run"], cells, running=self._cell_running())
        self._add_sync(header["run"])
        header["run"]["remarks"] = self._remarks() if self.done else None
        return {**header, "cells": cells, "artifacts": self._versions_logged(), "more": self._more, "done": self.done}

    def _cells(self) -> list[CellHeader]:
        """Return the executions of cells that logged rows; none if there is no journal."""
        return []

    def _versions_logged(self) -> list[VersionHeader]:
        """Return the artifact versions that the run logged, oldest first."""
        return []

    def _add_sync(self, run: RunHeader) -> None:
        """Add to *run* how far it has been sent; a run that is not sent anywhere stays as it is."""

    def _remarks(self) -> list[str] | None:
        """Return what would keep a repetition of the run, which has ended, from being the same; None if unknown."""
        return None

    def _cell_running(self) -> bool | None:
        """Return whether the run's notebook is executing a cell; None if that is unknown."""
        return None

    def _cursor(self, versions: dict[str, int]) -> str:
        repeated = groupby(one.complete for one in self._series.states)
        counts = [f"{state.points}~{state.generation}*{len(list(same))}" for state, same in repeated]
        return ".".join([self._epoch, "_".join(map(str, versions.values())), "_".join(counts)])

    def _parse_cursor(self, cursor: str) -> tuple[dict[str, int], list[ClientState]] | None:
        """Return the versions and the client's state of each series; None for a cursor of another stream."""
        epoch, _, rest = cursor.partition(".")
        if epoch != self._epoch:
            return None
        try:
            numbers, _, counts = rest.partition(".")
            versions = dict(zip([*_Versions.NAMES, "objects"], map(int, numbers.split("_")), strict=True))
            return versions, self._parse_counts(counts)
        except ValueError:
            return None

    def _parse_counts(self, text: str) -> list[ClientState]:
        states: list[ClientState] = []
        for part in text.split("_") if text else []:
            count, generation, times = map(int, part.replace("~", "*").split("*"))
            if not 0 < times <= len(self._series.states) - len(states):
                raise ValueError(part)
            states += [ClientState(count, generation)] * times
        return states


class _Versions:
    """Version numbers of config, summary, definitions, cells, plots and artifacts; each grows with every change."""

    NAMES = ("config", "summary", "metrics", "cells", "plots", "artifacts")

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}
        self._numbers: Counter[str] = Counter()

    def update(self, header: MessageHeader) -> dict[str, int]:
        """Compare the values in *header* with the previous ones; return the version of each."""
        for name in self.NAMES:
            text = strict_json(cast("dict[str, Any]", header)[name])
            if self._texts.get(name) != text:
                self._texts[name] = text
                self._numbers[name] += 1
        return {name: self._numbers[name] for name in self.NAMES}
