"""The summary, kept while rows pass by: as recorded, and under the metric definitions where rows are newer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from wandb_nb.store.reading.metric_rules import MetricRules, put, remove
from wandb_nb.sync.upload.json_tree import Tree, items, merge, paths

if TYPE_CHECKING:
    from wandb_nb.store.format.record_types import KeyPath, MetricRecord


class RunningSummary:
    """Values by key as JSON text, in `tree`.  What comes later wins; a metric with statistics gets these."""

    def __init__(self) -> None:
        self.tree: Tree = {}
        self._rules = MetricRules(())
        self._ruled = False
        self._statistics: dict[str, dict[str, float]] = {}

    def define(self, metrics: list[MetricRecord]) -> None:
        """Let *metrics* hold from now on."""
        self._rules = MetricRules(metrics)
        self._ruled = any(metric.summary for metric in metrics)

    def row(self, values: Tree) -> None:
        """Take a row's values."""
        if self._ruled:
            self._under_rules(values, ())
        else:
            merge(self.tree, values)

    def record(self, data: bytes) -> None:
        """Take a SummaryRecord."""
        for path, text in items(data, 1):
            put(self.tree, path, text)
        for path in paths(data, 2):
            remove(self.tree, path)

    def _under_rules(self, values: Tree, above: KeyPath) -> None:
        for key, value in values.items():
            path = (*above, key)
            if isinstance(value, dict):
                self._under_rules(value, path)
                continue
            rule = self._rules.of(".".join(path))
            kinds = [kind for kind in rule.summary if kind != "copy"] if rule else []
            number = _number(value) if kinds else None
            if rule is None or (number is None and "none" not in kinds):
                put(self.tree, path, value)
            elif "none" not in kinds and number is not None:
                known = self._statistics.setdefault(".".join(path), {})
                _follow(known, number, rule.goal)
                put(self.tree, path, {kind: _shown(known[kind]) for kind in kinds})


def _follow(known: dict[str, float], value: float, goal: str | None) -> None:
    """Bring the statistics up to date; NaN takes no part but in first and last."""
    known.setdefault("first", value)
    known["last"] = value
    if value == value:  # noqa: PLR0124 - not NaN
        known["count"] = known.get("count", 0) + 1
        known["sum"] = known.get("sum", 0.0) + value
        known["min"] = min(known.get("min", value), value)
        known["max"] = max(known.get("max", value), value)
    known.setdefault("count", 0)
    for kind in ("min", "max"):
        known.setdefault(kind, value)
    known["mean"] = known["sum"] / known["count"] if known["count"] else value
    known["best"] = known["max" if goal == "maximize" else "min"]


def _number(text: str) -> float | None:
    try:
        return float(text.replace("Infinity", "inf"))
    except ValueError:
        return {"true": 1.0, "false": 0.0}.get(text)


def _shown(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 2.0**53 else json.dumps(value)
