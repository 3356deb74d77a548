"""Charts in the config of a run as a view gets them, and whatever a foreign config claims."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

import wandb_nb as wandb
from wandb_nb.view.message.header_fields import MIME
from wandb_nb.view.message.run_stream import RunStream
from wandb_nb.view.objects.logged_plots import MAX_PLOTS, plot_headers
from wandb_nb.view.run_bundle import bundle

if TYPE_CHECKING:
    from collections.abc import Callable


def panel(**changes: Any) -> dict[str, Any]:
    """Return an entry of `visualize` as the official client writes it."""
    table = {"name": "summaryTable", "args": [{"name": "tableKey", "value": "c_table"}], "fields": []}
    query = {"queryFields": [{"name": "runSets", "args": [], "fields": [{"name": "id", "fields": []}, table]}]}
    config = {"panelDefId": "wandb/line/v0", "fieldSettings": {"x": "a", "y": "b", "stroke": None}, "userQuery": query}
    return {"panel_type": "Vega2", "panel_config": {**config, "stringSettings": {"title": "T"}, **changes}}


def test_both_forms_are_found() -> None:
    """A chart of `wandb.plot` names table, columns and texts; one of `visualize()` only its spec and table."""
    viz = {"id": "me/mine", "historyFieldSettings": {"key": "v", "x-axis": "_step"}}
    charts = plot_headers({"visualize": {"c": panel()}, "viz": {"v": viz}})

    fields = {"x": "a", "y": "b"}
    assert charts == [
        {"key": "c", "spec": "wandb/line/v0", "table": "c_table", "fields": fields, "texts": {"title": "T"}},
        {"key": "v", "spec": "me/mine", "table": "v", "fields": {}, "texts": {}},
    ]


@pytest.mark.parametrize(
    "config",
    [
        {"visualize": 1, "viz": [2]},
        {"visualize": {"c": None, "d": {"panel_config": 3}}},
        {"visualize": {"c": panel(panelDefId=5)}},
        {"visualize": {"c": panel(fieldSettings={str(n): "x" * 300 for n in range(20)})}},
    ],
)
def test_what_is_not_a_chart_is_left_out(config: dict[str, Any]) -> None:
    """Other values in the config are not charts, and none is larger than a page needs."""
    assert plot_headers(config) == []


def test_own_specs_are_limited() -> None:
    """A chart has the spec that it brings; beyond half a megabyte of them the last charts have none."""
    spec = '{"mark": "' + "x" * 40_000 + '"}'
    charts = plot_headers({"visualize": {f"c{n}": panel(vegaSpec=spec) for n in range(15)} | {"d": panel(vegaSpec=1)}})

    assert charts[0]["vega"] == spec
    assert [n for n, chart in enumerate(charts) if "vega" in chart] == list(range(12))


def test_their_number_and_depth_are_limited() -> None:
    """Of many charts the last ones remain; a query nested without end names no table."""
    query: dict[str, Any] = {}
    query["queryFields"] = query["fields"] = [query]
    charts = plot_headers({"visualize": {f"c{n}": panel() for n in range(500)} | {"deep": panel(userQuery=query)}})

    assert len(charts) == MAX_PLOTS
    assert (charts[-1]["key"], charts[-1]["table"]) == ("deep", "deep_table")


def test_charts_follow_when_they_are_logged(start: Callable[..., wandb.Run]) -> None:
    """A message has the charts that are new since its cursor, and the saved output those of its tables."""
    run = start()
    run.log({"loss": 1})
    stream = RunStream(run.file)
    stream.advance()
    first = stream.message()
    run.log({"curve": wandb.plot.line(wandb.Table(["x", "y"], [[1, 2]]), "x", "y", title="C")})
    stream.advance()
    second = stream.message(first.header["cursor"])
    third = stream.message(second.header["cursor"])
    run.finish()

    assert first.header["plots"] == []
    assert [(plot["key"], plot["table"]) for plot in second.header["plots"] or []] == [("curve", "curve_table")]
    assert third.header["plots"] is None
    assert [plot["texts"] for plot in bundle(stream, None)[MIME]["plots"]] == [{"title": "C"}]
