"""The primitives of a picture, in page units with y growing downwards; `svg` and `png` render them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

    Points = npt.NDArray[np.float64]

Paint = str  # "ink" and "soft" for text, "grid" for rules, else a "#rrggbb"


@dataclass(frozen=True)
class Polyline:
    """A line through *points*, rows of x and y."""

    points: Points
    paint: Paint
    width: float
    dash: tuple[int, ...] = ()
    opacity: float = 1.0


@dataclass(frozen=True)
class Rule:
    """A thin straight line."""

    x1: float
    y1: float
    x2: float
    y2: float
    paint: Paint = "grid"


@dataclass(frozen=True)
class Dot:
    """A filled circle."""

    x: float
    y: float
    radius: float
    paint: Paint
    opacity: float = 1.0


@dataclass(frozen=True)
class Rects:
    """Filled rectangles of one colour: rows of left, top, width and height."""

    rects: Points
    paint: Paint
    opacity: float = 1.0


@dataclass(frozen=True)
class Text:
    """One line of text with its baseline at *y*."""

    x: float
    y: float
    text: str
    size: float = 10.0
    paint: Paint = "soft"
    anchor: Literal["start", "middle", "end"] = "start"
    bold: bool = False


@dataclass(frozen=True)
class Picture:
    """A small picture, the bytes of a file; on a PNG only, since HTML has pictures as elements of their own."""

    x: float
    y: float
    width: float
    height: float
    data: bytes


Mark = Polyline | Rule | Dot | Rects | Text | Picture


@dataclass(frozen=True)
class PanelFrame:
    """One chart: its place on the page and its marks, in page coordinates."""

    x: float
    y: float
    width: float
    height: float
    marks: list[Mark]


@dataclass(frozen=True)
class Scene:
    """A page of *width* by *height* units; *title* and *description* are its text alternative."""

    width: float
    height: float
    title: str
    description: str
    marks: list[Mark] = field(default_factory=list)
    panels: list[PanelFrame] = field(default_factory=list)
