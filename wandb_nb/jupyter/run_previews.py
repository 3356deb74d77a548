"""What the list shows of a run: the curve of one metric in a few points, and the run's progress."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from wandb_nb.errors import StoreError
from wandb_nb.lru import LRUDict
from wandb_nb.store.format.layout import run_file
from wandb_nb.view.message.chart_groups import definition
from wandb_nb.view.message.run_header import definitions
from wandb_nb.view.message.run_stream import RunStream

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy.typing as npt

    from wandb_nb.store.reading.run_state import RunState
    from wandb_nb.store.runs.registry import RunEntry

MAX_ANSWER_SECONDS = 0.4  # the page asks again for the runs that an answer leaves out
MAX_READ_SECONDS = 0.1
MAX_POINTS = 40
MAX_REQUESTED = 60
MAX_PREVIEWS = 2_500
MAX_STREAMS = 12


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
    """Reads run files for the list, a little at a time. A finished run is read once, an active one is followed.

    The public method belongs to the event loop's thread. Reading happens in one worker thread at a time.
    """

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._previews: LRUDict[str, tuple[int, RunPreview]] = LRUDict(MAX_PREVIEWS)
        self._streams: LRUDict[str, RunStream] = LRUDict(MAX_STREAMS)

    async def get(self, entries: Iterable[RunEntry]) -> dict[str, RunPreview]:
        """Return the previews of *entries* by their keys, as many as can be made in 0.4 s."""
        requested = list(entries)[:MAX_REQUESTED]
        async with self._lock:
            return await asyncio.to_thread(self._get, requested)

    def _get(self, entries: list[RunEntry]) -> dict[str, RunPreview]:
        deadline = time.monotonic() + MAX_ANSWER_SECONDS
        previews = {}
        for entry in entries:
            preview = self._cached(entry) or (self._read(entry, deadline) if time.monotonic() < deadline else None)
            if preview is not None:
                previews[entry.key] = preview
        return previews

    def _cached(self, entry: RunEntry) -> RunPreview | None:
        """Return the stored preview of an ended run whose file has kept its size."""
        size, preview = self._previews.get(entry.key, (-1, None))
        return preview if preview is not None and preview["state"] != "running" and size == _file_size(entry) else None

    def _read(self, entry: RunEntry, deadline: float) -> RunPreview | None:
        size = _file_size(entry)
        try:
            stream = self._streams.pop(entry.key, None) or RunStream(entry.path)
            while more := stream.advance(MAX_READ_SECONDS):
                if time.monotonic() > deadline:
                    break
            preview = _preview(stream)
        except StoreError:  # deleted meanwhile, or damaged from its beginning
            return None
        if more or preview["state"] == "running":
            self._streams[entry.key] = stream
        if more:
            return None
        self._previews[entry.key] = (size, preview)
        return preview


def _preview(stream: RunStream) -> RunPreview:
    state = stream.state
    metric = _main_metric(state)
    values = state.table.numbers[metric].values if metric else np.empty(0)
    finite = values[np.isfinite(values)]
    return {
        "state": state.state(stream.alive),
        "step": state.last_step,
        "rows": len(state.table),
        "runtime": state.runtime,
        "metric": metric,
        "latest": float(finite[-1]) if len(finite) else None,
        "curve": _thin(finite),
    }


def _main_metric(state: RunState) -> str:
    """Return the metric that stands for a run: one with a goal, else a loss, else the first; "" if there is none."""
    metrics = definitions(state)
    step_metrics = {metric["step"] for metric in metrics}
    numbers = state.table.numbers
    keys = [key for key in state.table.keys if key in numbers and key[:1] != "_" and key not in step_metrics]
    defined = [(key, definition(key, metrics)) for key in keys]
    visible = [(key, metric) for key, metric in defined if not (metric and metric["hidden"])]
    goals = [key for key, metric in visible if metric and metric["goal"]]
    losses = [key for key, _ in visible if "loss" in key.lower()]
    return next(iter([*goals, *losses, *(key for key, _ in visible)]), "")


def _thin(values: npt.NDArray[np.float64]) -> list[float | None]:
    """Return at most 40 values, each the mean of a stretch, with seven digits."""
    if len(values) > MAX_POINTS:
        bounds = np.linspace(0, len(values), MAX_POINTS + 1).astype(np.int64)
        values = np.add.reduceat(values, bounds[:-1]) / np.diff(bounds)
    return [float(f"{value:.7g}") if np.isfinite(value) else None for value in values]


def _file_size(entry: RunEntry) -> int:
    try:
        return run_file(entry.path).stat().st_size
    except (OSError, StoreError):
        return -2
