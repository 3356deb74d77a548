"""Scales, ticks and labels of a chart."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    Points = npt.NDArray[np.float64]

_HUGE, _TINY = 1e6, 1e-4
_MAX_TICKS = 50
_MIN_STEP = 1e-300


@dataclass(frozen=True)
class Plot:
    """The rectangle of the lines; y grows downwards."""

    left: float
    top: float
    right: float
    bottom: float


@dataclass(frozen=True)
class Scale:
    """The linear map of the data ranges *x* and *y* onto *plot*."""

    plot: Plot
    x: tuple[float, float]
    y: tuple[float, float]

    @classmethod
    def around(cls, plot: Plot, lines: Sequence[Points]) -> Scale:
        """Return the scale that shows all finite points of *lines*, with some room above and below."""
        points = np.concatenate([line[np.isfinite(line[:, 1])] for line in lines] or [np.zeros((0, 2))])
        if not len(points):
            return cls(plot, (0.0, 1.0), (0.0, 1.0))
        low, high = _span(points[:, 1])
        room = (high - low) * 0.05
        return cls(plot, _span(points[:, 0], 0.4), (low - room, high + room))

    def to_x(self, value: Any) -> Any:
        """Return the x coordinate of a number, or of an array of numbers."""
        low, high = self.x
        return self.plot.left + (value - low) / (high - low) * (self.plot.right - self.plot.left)

    def to_y(self, value: Any) -> Any:
        """Return the y coordinate of a number, or of an array of numbers."""
        low, high = self.y
        return self.plot.bottom - (value - low) / (high - low) * (self.plot.bottom - self.plot.top)


def ticks(low: float, high: float, about: int, *, whole: bool = False) -> list[tuple[float, str]]:
    """Return at most about *about* round (*whole*: whole) numbers in the range, with labels of equal precision."""
    rough = max((high - low) / about, 1.0 if whole else 0.0)
    if rough < _MIN_STEP:
        return []
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * factor for factor in (1, 2, 5, 10) if size * factor >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    if last - first > _MAX_TICKS:  # beyond the precision of floats
        return []
    values = [number * step for number in range(first, last + 1)]
    return list(zip(values, _labels(values, step), strict=True))


def short(value: float) -> str:
    """Return *value* in at most about six characters: 0.0412, 97.2, 12.3k, 4.1e-05."""
    size = abs(value)
    if size and (size >= _HUGE or size < _TINY):
        return f"{value:.2g}" if size >= 1e12 or size < _TINY else _thousands(value, 3)  # noqa: PLR2004 -- a trillion
    return _thousands(value, 3) if size >= 1e4 else f"{value:.3g}" if size < 1e3 else f"{value:.0f}"  # noqa: PLR2004


def spread(heights: Sequence[float], apart: float, top: float, bottom: float) -> list[float]:
    """Return ascending *heights*, moved by one pass in each direction to be *apart*, within the bounds."""
    moved: list[float] = []
    for height in heights:
        moved.append(max(height, moved[-1] + apart if moved else top))
    limit = bottom
    for place in range(len(moved) - 1, -1, -1):
        moved[place] = min(moved[place], limit)
        limit = moved[place] - apart
    return moved


def _span(values: Points, least: float | None = None) -> tuple[float, float]:
    """Return the range of *values*; a single value is widened on both sides by *least* or a tenth of it."""
    low, high = float(values.min()), float(values.max())
    size = max(abs(low), abs(high))
    if high - low <= max(size * 1e-9, _MIN_STEP):
        room = max(least or size * 0.1, size * 1e-6) if size > _MIN_STEP else least or 1.0
        return low - room, high + room
    return low, high


def _labels(values: Sequence[float], step: float) -> list[str]:
    """Return the shortest labels of equal precision that differ from one another."""
    if step >= _TINY and all(abs(value) < 1e4 for value in values):  # noqa: PLR2004 -- five digits are too wide
        decimals = max(0, -math.floor(math.log10(step) + 1e-9))
        return [f"{value:.{decimals}f}" if value else "0" for value in values]
    labels: list[str] = []
    for digits in range(3, 17):
        labels = [_thousands(value, digits) if value else "0" for value in values]
        if len(set(labels)) == len(labels):
            break
    return labels


def _thousands(value: float, digits: int) -> str:
    for size, sign in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if size * 0.9995 <= abs(value) < 1e12:  # noqa: PLR2004 -- a trillion
            return f"{value / size:.{digits}g}{sign}"
    return f"{value:.{digits}g}"
