"""Series with fewer points, for what is saved and drawn."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from wandb_nb.view.message.pyramid import Pyramid

if TYPE_CHECKING:
    import numpy.typing as npt

    from wandb_nb.view.message.run_message import Series


def _cells(one: Series, kept: npt.NDArray[np.int64]) -> list[list[int]]:
    """Return where the kept points of each cell begin; cells that kept none are left out."""
    starts = {int(np.searchsorted(kept, first)): cell for cell, first in one.cells}
    return [[cell, first] for first, cell in starts.items() if first < len(kept)]


def thin(one: Series, points: int) -> Series:
    """Return *one* with about *points* points that keep its shape, lowest and highest of each stretch."""
    if len(one.value) <= points:
        return one
    pyramid = Pyramid(max(2, points // 2))
    pyramid.extend(one.value)
    firsts = np.array([first for _, first in one.attempts[1:]], np.int64)
    kept = pyramid.indices(one.value, firsts)
    return replace(
        one,
        step=one.step[kept],
        time=one.time[kept],
        value=one.value[kept],
        x=None if one.x is None else one.x[kept],
        attempts=[[attempt, int(np.searchsorted(kept, first))] for attempt, first in one.attempts],
        cells=_cells(one, kept),
        decimated=True,
        mode="replace",
    )
