"""The colour of a run: one rule for Python and TypeScript, one palette."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from wandb_nb.view.run_styles import COLOURS, DASHES, colour, dash, metric_style, preferred_style, run_styles

CASES = json.loads(Path(__file__).with_name("style_cases.json").read_text(encoding="utf-8"))


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
