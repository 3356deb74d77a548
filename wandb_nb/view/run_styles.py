"""The colour of a run everywhere: in charts, legends, lists, comparisons, pictures. The TypeScript view mirrors it.

A style is the number of a colour in `palette.json`, plus eight for each further dash pattern. The preferred style of a
run follows from its id alone. Of several runs in one chart the first one gets it, the others the next free one; where
colours repeat, dashes differ.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

_PALETTE = json.loads(Path(__file__).with_name("palette.json").read_text(encoding="utf-8"))
# Each has a contrast of at least 3:1 to white, #111111 and #1e1e1e, the backgrounds in Jupyter, and differs clearly
# from all others, so that the runs of a chart can be told apart.
COLOURS: tuple[str, ...] = tuple(_PALETTE["light"])
DASHES: tuple[tuple[int, ...], ...] = tuple(map(tuple, _PALETTE["dashes"]))

_FNV_OFFSET, _FNV_PRIME = 0x811C9DC5, 0x01000193


def preferred_style(run_id: str) -> int:
    """Return the colour of a run on its own: its id's FNV-1a hash, folded."""
    digest = _FNV_OFFSET
    for byte in run_id.encode("utf-8", "replace"):
        digest = (digest ^ byte) * _FNV_PRIME & 0xFFFFFFFF
    return (digest ^ digest >> 16) % len(COLOURS)


def free_style(run_id: str, used: Collection[int]) -> int:
    """Return the preferred style of a run, else the next colour that is not *used*; beyond eight, with dashes."""
    colours = len(COLOURS)
    preferred = preferred_style(run_id)
    lap = 0
    while True:
        for step in range(colours):
            style = (preferred + step) % colours + lap * colours
            if style not in used:
                return style
        lap += 1


def run_styles(run_ids: Iterable[str]) -> list[int]:
    """Return the style of each run of one chart, in their order."""
    styles: list[int] = []
    for run_id in run_ids:
        styles.append(free_style(run_id, styles))
    return styles


def metric_style(run_style: int, number: int) -> int:
    """Return the style of the metric with that *number* in a chart of one run: the first has the run's colour."""
    colours = len(COLOURS)
    return (run_style + number) % colours + number // colours * colours


def colour(style: int) -> str:
    """Return the colour of a style."""
    return COLOURS[style % len(COLOURS)]


def dash(style: int) -> tuple[int, ...]:
    """Return the dashes of a style: solid for the first eight."""
    return DASHES[style // len(COLOURS) % len(DASHES)]
