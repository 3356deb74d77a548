"""Series with fewer points, for saving and drawing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from wandb_nb.view.message.pyramid import Pyramid

if TYPE_CHECKING:
    import numpy.typing as npt

    from wandb_nb.view.message.run_message import Series


def _cells(one: Series, chosen: npt.NDArray[np.int64]) -> list[list[int]]:
    """Return the first of the chosen points of each cell, without cells that have none."""
    starts = {int(np.searchsorted(chosen, first)): cell for cell, first in one.cells}
    return [[cell, first] for first, cell in starts.items() if first < len(chosen)]


def downsample(one: Series, points: int) -> Series:
    """Return *one* with about *points* points that keep its shape: lowest and highest of each stretch."""
    if len(one.value) <= points:
        return one
    pyramid = Pyramid(max(2, points // 2))
    pyramid.extend(one.value)
    firsts = np.array([first for _, first in one.attempts[1:]], np.int64)
    chosen = pyramid.indices(one.value, firsts)
    return replace(
        one,
        step=one.step[chosen],
        time=one.time[chosen],
        value=one.value[chosen],
        x=None if one.x is None else one.x[chosen],
        attempts=[[attempt, int(np.searchsorted(chosen, first))] for attempt, first in one.attempts],
        cells=_cells(one, chosen),
        decimated=True,
        mode="replace",
    )
