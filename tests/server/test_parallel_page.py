"""The page that shows runs as lines over parallel axes."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

import numpy as np
import pytest
from visiting import HOSTILE, Visitor

from wandb_nb.server.query import parallel

if TYPE_CHECKING:
    from conftest import Client

PAGE = "/local/p/parallel"
ADDRESS = f"{PAGE}?axis=config.lr&axis=config.kind&axis={quote('config.' + HOSTILE)}&y=summary_metrics.loss"
PATH = re.compile(r'<a href="[^"]+/([^"/]+)" tabindex="-1"><path class="color-(\d)" d="M([^"]+)">')


@pytest.fixture
def visitor(client: Client) -> Visitor:
    """Return a visitor of a project with three runs over decades, one without a rate, and some without a result."""
    for name, rate in (("a", 0.001), ("b", 0.01), ("c", 0.1), ("n", None)):
        config = {"lr": {"value": rate}, HOSTILE: {"value": [HOSTILE]}, "kind": {"value": HOSTILE if name < "c" else 7}}
        client.upsert(
            name, displayName=HOSTILE + name, config=json.dumps(config), summaryMetrics=f'{{"loss": {rate or 0.5}}}'
        )
    for name, loss in (("d", '"text"'), ("e", "NaN"), ("f", "1e308")):
        client.upsert(name, config='{"lr": {"value": 1e308}}', summaryMetrics=f'{{"loss": {loss}}}')
    return Visitor(client)


def lines(text: str) -> dict[str, tuple[int, list[tuple[float, float]]]]:
    """Return the color and the points of each line of a page by its run."""
    return {
        run: (int(color), [(float(x), float(y)) for x, y in (point.split(",") for point in points.split())])
        for run, color, points in PATH.findall(text)
    }


def test_lines_pass_the_values(visitor: Visitor) -> None:
    """Decades are logarithmic, texts categories, a missing value is below, and colors follow the last axis."""
    text = visitor.get(ADDRESS).text
    drawn = lines(text)
    assert list(drawn) == ["a", "b", "c", "n"]
    rates = [drawn[name][1][0][1] for name in "abcn"]
    assert abs((rates[0] - rates[1]) - (rates[1] - rates[2])) < 1
    assert rates[3] == parallel.PLOT.bottom > rates[0]
    kinds = [drawn[name][1][1][1] for name in "abcn"]
    assert kinds[0] == kinds[1] != kinds[2] == kinds[3]
    assert [drawn[name][0] for name in "an"] == [0, parallel.COLORS - 1]
    assert all([x for x, _ in points] == [x for x, _ in drawn["a"][1]] for _, points in drawn.values())
    assert "lr (log)" in text
    assert not parallel._number_axis("even", np.linspace(0.001, 1, 9)).is_log
    assert "3 runs without the number loss not shown" in text
    assert HOSTILE not in text
    assert set(lines(visitor.get(f"{ADDRESS}&q=lr%3C0.05").text)) == {"a", "b"}


def test_choices_and_sample(visitor: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page begins with keys that differ, foreign names are refused, and a sample is described as one."""
    text = visitor.get(PAGE).text
    assert '<option value="config.lr" selected' in text
    assert f'href="{PAGE}"' in visitor.get("/local/p/scatter").text
    for name in ("name", "config", HOSTILE):
        assert visitor.get(f"{PAGE}?axis={quote(name)}").status_code == 400
    monkeypatch.setattr(parallel, "MAX_LINES", 2)
    monkeypatch.setattr(parallel, "_MAX_CATEGORIES", 1)
    text = visitor.get(ADDRESS).text
    assert len(lines(text)) == 2
    assert "2 lines, spread evenly over 4 runs" in text
    assert ">other</text>" in text
