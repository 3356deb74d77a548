"""Metric definitions: how they are encoded, and which of them applies to a key."""

from __future__ import annotations

from typing import Any

import pytest

from wandb_nb.store.format import records
from wandb_nb.store.format.decode import MetricRecord, decode
from wandb_nb.store.metrics.definition import GOALS, SUMMARY_KINDS, Metric, from_config
from wandb_nb.store.metrics.definitions import Definitions
from wandb_nb.store.reading.run_state import RunState

FULL = Metric("acc", "epoch", step_sync=True, hidden=True, summary=SUMMARY_KINDS, goal="maximize", expanded=True)
METRICS = [
    Metric("epoch", defined=False),
    FULL,
    Metric("plain"),
    Metric("val/*", "epoch", summary=("min",), goal="minimize"),
    *(Metric(f"goal/{goal}", goal=goal) for goal in GOALS),
    *(Metric(f"kind/{kind}", summary=(kind,)) for kind in SUMMARY_KINDS),
]


@pytest.mark.parametrize("metric", METRICS, ids=lambda metric: metric.name)
def test_a_record_keeps_a_definition(metric: Metric) -> None:
    """Every part of a definition comes back from its record."""
    assert decode(records.metric(metric, step_index=1)) == MetricRecord(metric)
    assert decode(records.metric(metric, overwrite=True)) == MetricRecord(metric, overwrite=True)


def test_a_config_keeps_definitions() -> None:
    """Every part of all definitions comes back from the config entry, step metrics by their position."""
    assert from_config(Definitions(METRICS).as_config()) == METRICS


@pytest.mark.parametrize(
    ("entries", "metrics"),
    [
        (None, []),
        ({"1": "a"}, []),
        (["a", None, {}], [Metric("", defined=False)]),
        (
            [{"1": ["a"], "5": 99, "6": "3", "7": [1, "2", {}], "8": "2", "x": 1}],
            [Metric("", summary=("min",), defined=False)],
        ),
        ([{"1": "a", "5": True, "6": {"3": 1}, "8": 7}], [Metric("a", "a", defined=False)]),
    ],
)
def test_a_foreign_config_does_no_harm(entries: Any, metrics: list[Metric]) -> None:
    """Parts of a wrong form are ignored."""
    assert from_config(entries) == metrics


def test_the_own_definition_applies_then_the_first_glob() -> None:
    """The order of globs decides between them, and no glob matches the tracker's own keys."""
    definitions = Definitions([Metric("*"), Metric("val/*"), Metric("val/acc")])
    assert definitions.find("val/acc") == Metric("val/acc")
    assert definitions.find("val/loss") == Metric("*")
    assert definitions.find("_step") is None


@pytest.mark.parametrize(("overwrite", "kinds"), [(False, ("min", "max")), (True, ("max",))])
def test_a_later_definition_is_merged_or_replaces(overwrite: bool, kinds: tuple[str, ...]) -> None:
    """Two records of one metric are merged, unless the second one replaces the first."""
    state = RunState()
    state.apply(
        [
            records.metric(Metric("a", summary=("min",))),
            records.metric(Metric("a", summary=("max",)), overwrite=overwrite),
        ]
    )
    assert [metric.summary for metric in state.metrics] == [kinds]
