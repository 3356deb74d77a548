"""The search box of a project and its table."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.datastructures import QueryParams

from wandb_nb.run_filters.run_values import RunValues
from wandb_nb.server.query.listed_runs import ListedRuns
from wandb_nb.server.query.run_columns import available_columns, default_columns
from wandb_nb.server.query.run_table import TableRequest, list_table
from wandb_nb.server.query.search import search_condition, search_predicate
from wandb_nb.server.query.text_format import short_text


def run(name: str, config: dict[str, Any], summary: dict[str, Any] | None = None, **run_values: Any) -> RunValues:
    """Return a run as the table reads it."""
    fields = {
        "display_name": name,
        "notes": "",
        "group_name": None,
        "job_type": None,
        "tags": "[]",
        "state": "finished",
    }
    fields |= {"created": 1000.0, "heartbeat": 1060.0, "sweep": None, "exit_code": 0, **run_values}
    wrapped = {key: {"value": value} for key, value in config.items()}
    return RunValues(
        SimpleNamespace(name=name, config=json.dumps(wrapped), summary=json.dumps(summary or {}), **fields)
    )


RUNS = [
    run("a", {"lr": 0.1, "optimizer": "adam", "debug": True}, {"acc": 0.9}, tags='["best"]', group_name="one"),
    run("b", {"lr": 0.01, "optimizer": "sgd", "width": {"hidden": 64}}, {"acc": 0.5}, state="crashed"),
    run("c", {"lr": 1, "optimizer": "adam w"}, {"acc": float("nan")}, tags='["best", "old"]', notes="a long story"),
]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("", "abc"),
        ("adam", "ac"),
        ("ADAM lr<0.5", "a"),
        ("lr>=0.1", "ac"),
        ("lr=1", "c"),
        ("lr=1.0", "c"),
        ("debug=true", "a"),
        ("debug=1", ""),
        ("width=none", "ac"),
        ('"lr"=0.1', "a"),
        ("config.lr=0.1", "a"),
        ("config.state=none", "abc"),
        ("optimizer>adam", "bc"),
        ("optimizer=adam", "a"),
        ('optimizer="adam w"', "c"),
        ("optimizer!=adam", "bc"),
        ("width.hidden=64", "b"),
        ("width.hidden=none", "ac"),
        ("width.hidden!=none", "b"),
        ("acc>0.6", "a"),
        ("acc<2", "ab"),
        ("tag=best", "ac"),
        ("tag!=old", "ab"),
        ("state=crashed", "b"),
        ("state!=crashed", "ac"),
        ("group=none", "bc"),
        ('"long story"', "c"),
        ("nothing<3", ""),
        ("lr<x", ""),
    ],
)
def test_searches(text: str, names: str) -> None:
    """Words are searched in texts, conditions among values; an absent value matches only `none`."""
    matches = search_predicate(text)
    assert "".join(run_values.row.name for run_values in RUNS if matches(run_values)) == names


@given(st.text())
def test_every_text_is_a_search(text: str) -> None:
    """Any input gives an answer without an error."""
    matches = search_predicate(text)
    assert [matches(run_values) for run_values in RUNS] == [matches(run_values) for run_values in RUNS]


@pytest.mark.parametrize("column", ["config.lr", "config.optimizer", "config.debug", "group", "state"])
def test_a_groups_search_finds_its_runs(column: str) -> None:
    """A group's search finds exactly its runs."""
    for run_values in RUNS:
        matches = search_predicate(search_condition(column, run_values.value(column)))
        same = [one for one in RUNS if one.value(column) == run_values.value(column)]
        assert [one for one in RUNS if matches(one)] == same


@given(
    st.text(st.characters(exclude_characters='."', exclude_categories=["Cs"]), min_size=1).filter(
        lambda key: key[0] != "_"
    ),
    st.one_of(st.text(), st.integers(), st.floats(allow_nan=False), st.booleans(), st.lists(st.text()), st.none()),
)
def test_a_groups_search_holds_any_key_and_value(key: str, value: Any) -> None:
    """Blanks, signs and quotes in keys and values break neither a group's search nor the sorting."""
    run_values, other = run("x", {key: value, "state": value}), run("y", {})
    column = f"config.{key}"
    matches = search_predicate(search_condition(column, run_values.value(column)))
    assert matches(run_values)
    assert value is None or value == "none" or not matches(other)
    assert search_predicate(search_condition("config.state", value))(run_values)
    assert [
        one.row.name
        for one in list_table(ListedRuns([other, run_values]), TableRequest(sort=f"+{column}")).groups[0].runs
    ][-1] in {
        "x",
        "y",
    }


def test_groups_have_means_and_counts() -> None:
    """A group has the number of its runs and the statistics of each number; runs without the value come last."""
    table = list_table(
        ListedRuns(RUNS), TableRequest(group=("config.optimizer",)), ["summary_metrics.acc", "config.optimizer"]
    )
    assert [(group.labels, group.total, group.statistics) for group in table.groups] == [
        (["adam"], 1, [(1, 0.9, None, 0.9, 0.9), None]),
        (["adam w"], 1, [None, None]),
        (["sgd"], 1, [(1, 0.5, None, 0.5, 0.5), None]),
    ]
    table = list_table(ListedRuns(RUNS), TableRequest(group=("config.width.hidden",)))
    assert [group.labels for group in table.groups] == [["64"], ["none"]]
    (whole,) = list_table(ListedRuns(RUNS), TableRequest(), ["config.lr"]).statistics
    assert whole == pytest.approx((3, 0.37, 0.55, 0.01, 1), abs=1e-4)


def test_groups_of_several_keys() -> None:
    """Each combination of values is a group, whose search finds its runs; a fourth key is ignored."""
    runs = [
        run(str(n), {"lr": n % 2, "optimizer": "adam" if n < 4 else "sgd"}, {"acc": n}, tags='["a", "b"]')
        for n in range(6)
    ]
    request = TableRequest.of(QueryParams("group=config.lr&group=&group=config.optimizer&group=tags&group=state"))
    assert request.group == ("config.lr", "config.optimizer", "tags")
    groups = list_table(ListedRuns(runs), request, ["summary_metrics.acc"]).groups
    assert [group.labels for group in groups[:3]] == [["0", "adam", "a"], ["0", "adam", "b"], ["0", "sgd", "a"]]
    assert [one.row.name for one in runs if search_predicate(groups[0].search)(one)] == ["0", "2"]
    assert groups[0].statistics == [(2, 1.0, 1.4, 0.0, 2.0)]


def test_a_run_is_listed_under_each_of_its_tags() -> None:
    """Grouping by tag lists a run with two tags twice, and one without tags under none."""
    groups = list_table(ListedRuns(RUNS), TableRequest(group=("tags",))).groups
    assert {group.labels[0]: [run_values.row.name for run_values in group.runs] for group in groups} == {
        "best": ["a", "c"],
        "old": ["c"],
        "none": ["b"],
    }


def test_default_columns_are_the_differences() -> None:
    """By default the columns are the config values that differ and the numbers of the summary."""
    assert default_columns(RUNS) == [
        "created_at",
        "duration",
        "tags",
        "group",
        "config.lr",
        "config.optimizer",
        "summary_metrics.acc",
    ]
    assert available_columns(RUNS)["Config"] == [
        f"config.{key}" for key in ("debug", "lr", "optimizer", "width.hidden")
    ]


def test_pages_hold_a_hundred_runs() -> None:
    """Of 250 runs the third page shows the last 50, and gives their range."""
    many = [run(f"r{number}", {"n": number}) for number in range(250)]
    table = list_table(ListedRuns(many), TableRequest(sort="+config.n", page=3))
    assert [run_values.row.name for run_values in table.groups[0].runs] == [f"r{number}" for number in range(200, 250)]
    assert (table.first, table.last, table.total) == (201, 250, 250)


def test_a_page_has_fifty_groups() -> None:
    """Of two thousand runs in 490 groups each page has some rows of fifty groups, and every group is on one page."""
    many = [run(f"r{number}", {"n": number % 490}) for number in range(2000)]
    pages = [list_table(ListedRuns(many), TableRequest(group=("config.n",), page=page)) for page in range(1, 11)]
    assert [(table.first, table.last, table.entry_count) for table in pages[:2]] == [(1, 50, 490), (51, 100, 490)]
    assert (pages[9].first, pages[9].last) == (451, 490)
    assert max(sum(len(group.runs) for group in table.groups) for table in pages) <= 150
    groups = [group for table in pages for group in table.groups]
    assert [group.labels for group in groups] == [[str(number)] for number in range(490)]
    assert {group.total for group in groups} == {4, 5}
    assert sum(group.total for group in groups) == pages[0].total == 2000


def test_the_address_holds_the_whole_request() -> None:
    """The address holds the whole request and is rebuilt from it; an invalid one means the first page."""
    request = TableRequest.of(QueryParams("q=x+y&page=7&sort=-state&other=z"))
    assert request.with_changes(page=request.page) == {"q": "x y", "page": "7", "sort": "-state"}
    assert request.with_changes(group=("tags",)) == {"q": "x y", "sort": "-state", "group": ("tags",)}
    assert [TableRequest.of(QueryParams({"page": page})).page for page in ("0", "-1", "x", "9" * 30, "²")] == [1] * 5


def test_values_are_short() -> None:
    """Numbers have five digits, and long texts are cut."""
    values = (0.1 + 0.2, 3.0, True, None, 1e300, float("nan"), ["a", "b"], {"a": 1}, "x" * 999)
    texts = [short_text(value) for value in values]
    assert texts[:-1] == ["0.3", "3", "true", "", "1e+300", "nan", "a, b", '{"a": 1}']
    assert len(texts[-1]) == 120


def test_two_thousand_runs_are_sorted_and_searched() -> None:
    """In a large project the search counts all matching runs, and the best one comes first."""
    many = [run(f"r{number}", {"lr": number % 7, "n": number}, {"acc": number}) for number in range(2000)]
    table = list_table(ListedRuns(many), TableRequest(q="lr>2", sort="-summary_metrics.acc"))
    assert table.total == sum(number % 7 > 2 for number in range(2000))
    assert table.groups[0].runs[0].row.name == "r1999"
