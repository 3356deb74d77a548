"""What a run looks like in a list: one metric's curve in a few points, and how far the run is."""

from __future__ import annotations

import asyncio
import time
from collections import OrderedDict
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from wandb_nb.errors import StoreError
from wandb_nb.view.chart_groups import definition
from wandb_nb.view.run_header import definitions
from wandb_nb.view.run_stream import RunStream

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    from wandb_nb.store.reading.run_state import RunState
    from wandb_nb.store.runs.registry import RunEntry

BUDGET_SECONDS = 0.4  # of one answer; what it does not tell is asked for again
SLICE_SECONDS = 0.1
POINTS = 40
MOST_ASKED = 60
MOST_KEPT = 2_500
MOST_STREAMS = 12


class RunPreview(TypedDict):
    """One run: its state by its file, steps and rows, and the `metric` that stands for it with a thinned curve."""

    state: str
    step: int
    rows: int
    runtime: float
    metric: str
    latest: float | None
    curve: list[float | None]


class RunPreviews:
    """Reads run files for the list, a little at a time. A run that ended is read once; one that goes on is followed.

    The public method belongs to the event loop's thread; reading happens in one worker thread at a time.
    """

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._kept: OrderedDict[str, tuple[int, RunPreview]] = OrderedDict()
        self._streams: OrderedDict[str, RunStream] = OrderedDict()

    async def at(self, entries: Iterable[RunEntry]) -> dict[str, RunPreview]:
        """Return the looks of *entries* by their keys, as many as can be made in 0.4 s."""
        chosen = list(entries)[:MOST_ASKED]
        async with self._lock:
            return await asyncio.to_thread(self._read, chosen)

    def _read(self, entries: list[RunEntry]) -> dict[str, RunPreview]:
        end = time.monotonic() + BUDGET_SECONDS
        told = {}
        for entry in entries:
            look = self._fresh(entry) or (self._look(entry, end) if time.monotonic() < end else None)
            if look is not None:
                told[entry.key] = look
        return told

    def _fresh(self, entry: RunEntry) -> RunPreview | None:
        """Return the look of a run whose file is as long as then, and whose state needs no second opinion."""
        size, look = self._kept.get(entry.key, (-1, None))
        return look if look is not None and look["state"] != "running" and size == _size(entry) else None

    def _look(self, entry: RunEntry, end: float) -> RunPreview | None:
        size = _size(entry)
        try:
            stream = self._streams.pop(entry.key, None) or RunStream(entry.path)
            while more := stream.advance(SLICE_SECONDS):
                if time.monotonic() > end:
                    break
            look = _look(stream)
        except StoreError:  # deleted meanwhile, or damaged from its beginning
            return None
        if more or look["state"] == "running":
            self._streams[entry.key] = stream
            while len(self._streams) > MOST_STREAMS:
                self._streams.popitem(last=False)
        if more:
            return None
        self._kept[entry.key] = (size, look)
        while len(self._kept) > MOST_KEPT:
            self._kept.popitem(last=False)
        return look


def _look(stream: RunStream) -> RunPreview:
    state = stream.state
    metric = _metric(state)
    values = state.table.numbers[metric].values if metric else np.empty(0)
    finite = values[np.isfinite(values)]
    steps = state.table.step[-1:]
    return {
        "state": state.state(stream.alive),
        "step": int(steps[0]) if len(steps) and np.isfinite(steps[0]) else state.starting_step,
        "rows": len(state.table),
        "runtime": state.runtime,
        "metric": metric,
        "latest": float(finite[-1]) if len(finite) else None,
        "curve": _thin(finite),
    }


def _metric(state: RunState) -> str:
    """Return the metric that stands for a run: one with a goal, else a loss, else the first; "" where none is."""
    metrics = definitions(state)
    steps = {one["step"] for one in metrics}
    keys = [key for key in state.table.keys if key in state.table.numbers and key[:1] != "_" and key not in steps]
    defined = [(key, definition(key, metrics)) for key in keys]
    seen = [(key, found) for key, found in defined if not (found and found["hidden"])]
    goals = [key for key, found in seen if found and found["goal"]]
    losses = [key for key, _ in seen if "loss" in key.lower()]
    return next(iter([*goals, *losses, *(key for key, _ in seen)]), "")


def _thin(values: npt.NDArray[np.float64]) -> list[float | None]:
    """Return at most 40 values, the mean of each stretch, with seven digits."""
    if len(values) > POINTS:
        bounds = np.linspace(0, len(values), POINTS + 1).astype(np.int64)
        values = np.add.reduceat(values, bounds[:-1]) / np.diff(bounds)
    return [float(f"{value:.7g}") if np.isfinite(value) else None for value in values]


def _size(entry: RunEntry) -> int:
    from wandb_nb.store.reading.tail import run_file

    try:
        return run_file(entry.path).stat().st_size
    except (OSError, StoreError):
        return -2
