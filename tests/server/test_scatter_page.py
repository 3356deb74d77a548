"""The page that shows runs as points of two of their numbers."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest
from visiting import HOSTILE, Visitor

if TYPE_CHECKING:
    from conftest import Client

PAGE = "/local/p/scatter"
CIRCLE = re.compile(r'<a href="([^"]+)"><circle cx="([^"]+)" cy="([^"]+)" r="4.5"><title>([^<]+)</title>')


@pytest.fixture
def visitor(client: Client) -> Visitor:
    """Return a visitor of a project with three runs of rising numbers, and some that have no usable number."""
    for name, rate in (("a", 0.001), ("b", 0.01), ("c", 0.1)):
        config = {"lr": {"value": rate}, HOSTILE: {"value": 1}, "kind": {"value": HOSTILE}}
        client.upsert(
            name, displayName=HOSTILE + name, config=json.dumps(config), summaryMetrics=f'{{"loss": {rate * 9}}}'
        )
    for name, loss in (("d", '"text"'), ("e", "NaN"), ("f", "1e308"), ("g", "true"), ("h", "-1")):
        client.upsert(name, config='{"lr": {"value": 1}}', summaryMetrics=f'{{"loss": {loss}}}')
    return Visitor(client)


def dots(text: str) -> dict[str, tuple[float, float]]:
    """Return the places of the dots of a page, by the name of the run that each leads to."""
    return {address.rpartition("/")[2]: (float(x), float(y)) for address, x, y, _ in CIRCLE.findall(text)}


def test_dots_are_where_the_numbers_are(visitor: Visitor) -> None:
    """Equal ratios are equal distances on logarithmic axes; what has no such number is counted, not drawn."""
    text = visitor.get(f"{PAGE}?x=config.lr&y=summary_metrics.loss&log_x=1&log_y=1").text
    places = dots(text)
    assert set(places) == {"a", "b", "c"}
    for axis in (0, 1):
        low, middle, high = (places[name][axis] for name in "abc")
        assert abs((high - middle) - (middle - low)) < 1
    assert places["a"][0] < places["c"][0]
    assert places["a"][1] > places["c"][1]
    assert "5 runs not shown" in text
    linear = dots(visitor.get(f"{PAGE}?x=config.lr&y=summary_metrics.loss").text)
    assert set(linear) == {"a", "b", "c", "h"}
    assert linear["b"][0] - linear["a"][0] < (linear["c"][0] - linear["b"][0]) / 5
    assert set(dots(visitor.get(f"{PAGE}?x=config.lr&y=summary_metrics.loss&q=lr%3C0.05").text)) == {"a", "b"}


def test_choices_and_foreign_texts(visitor: Visitor) -> None:
    """Only numbers can be chosen, the page begins with two of them, and names of runs and keys stay text."""
    text = visitor.get(PAGE).text
    assert re.findall(r'<option value="(config.lr|config.kind|summary_metrics.loss|duration)"', text) == [
        *("config.lr", "summary_metrics.loss", "duration") * 2
    ]
    assert '<option value="summary_metrics.loss" selected' in text
    assert HOSTILE not in text
    assert f'href="{PAGE}"' in visitor.get("/local/p").text
    for name in ("name", "commit", "config", HOSTILE):
        assert visitor.get(f"{PAGE}?x={quote(name)}").status_code == 400
