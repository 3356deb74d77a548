"""The colour of a run: one rule for Python and TypeScript, one palette."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path

import pytest

import wandb_nb.view
from wandb_nb.view.run_styles import COLOURS, DASHES, colour, dash, metric_style, preferred_style, run_styles

CASES = json.loads(Path(__file__).with_name("style_cases.json").read_text(encoding="utf-8"))
PALETTE = json.loads(Path(wandb_nb.view.__path__[0], "palette.json").read_text(encoding="utf-8"))
# In OKLab, where a distance of 0.02 is just visible between large areas; thin lines need several times as much.
MIN_DISTANCE = 0.15


@pytest.mark.parametrize(("run_id", "style"), CASES["preferred"].items())
def test_the_colour_follows_from_the_id(run_id: str, style: int) -> None:
    """Each case, shared with the TypeScript view, gives its colour."""
    assert preferred_style(run_id) == style


@pytest.mark.parametrize("case", CASES["together"])
def test_runs_of_one_chart_differ(case: dict[str, list[int]]) -> None:
    """A run whose colour is taken gets the next free one, and beyond eight a dashed line."""
    assert run_styles(map(str, case["ids"])) == case["styles"]
    assert len({(colour(style), dash(style)) for style in case["styles"]}) == len(case["styles"])
    assert [bool(dash(style)) for style in case["styles"]] == [at >= len(COLOURS) for at in range(len(case["styles"]))]


def test_metrics_begin_with_the_colour_of_the_run() -> None:
    """The first metric of a chart has the run's colour, the others the following ones, without dashes up to eight."""
    styles = [metric_style(6, number) for number in range(9)]
    assert styles == [6, 7, 0, 1, 2, 3, 4, 5, 14]
    assert dash(styles[8]) == DASHES[1]


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_any_two_colours_differ_clearly(theme: str) -> None:
    """No two colours of a theme look alike, whichever runs are in one chart."""
    close = [pair for pair in itertools.combinations(PALETTE[theme], 2) if math.dist(*map(oklab, pair)) < MIN_DISTANCE]
    assert close == []


def oklab(colour: str) -> tuple[float, float, float]:
    """Return lightness and the two colour axes of OKLab, after its published matrices."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    r, g, b = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    long = (0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b) ** (1 / 3)
    medium = (0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b) ** (1 / 3)
    short = (0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b) ** (1 / 3)
    return (
        0.2104542553 * long + 0.7936177850 * medium - 0.0040720468 * short,
        1.9779984951 * long - 2.4285922050 * medium + 0.4505937099 * short,
        0.0259040371 * long + 0.7827717662 * medium - 0.8086757660 * short,
    )
