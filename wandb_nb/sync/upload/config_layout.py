"""A run's config in the layout that servers keep: each key's value under `value`, the tracker's own under `_wandb`."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from wandb_nb.store.format.records import GOALS, SUMMARY_KINDS
from wandb_nb.store.reading.metric_rules import put

if TYPE_CHECKING:
    from wandb_nb.store.format import record_types


class ServerConfig:
    """The config as its records tell it; `changed` is true until somebody takes note and sets it back."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.metrics: list[record_types.MetricRecord] = []
        self.environments: dict[str, dict[str, Any]] = {}
        self._own: dict[str, Any] = {}
        self._telemetry: record_types.TelemetryRecord | None = None
        self._features: set[int] = set()
        self.branch: tuple[str, int] | None = None
        """The run and the step of it that this one branched off, or was rewound to."""
        self.changed = False

    def update(self, record: record_types.ConfigRecord) -> None:
        """Take entries set and removed."""
        for path, value in record.update:
            tree = {"_wandb": self._own} if path[0] == "_wandb" else self.values
            if path == ("_wandb",) and isinstance(value, dict):
                self._own |= value
            else:
                put(tree, path, value)
        for path in record.remove:
            inner: Any = self.values
            for name in path[:-1]:
                inner = inner.get(name) if isinstance(inner, dict) else None
            if isinstance(inner, dict):
                inner.pop(path[-1], None)
        self.changed = self.changed or bool(record.update or record.remove)

    def define(self, metric: record_types.MetricRecord) -> None:
        """Take a metric definition; a later one of the same metric replaces it."""
        names = [(known.name, known.glob) for known in self.metrics]
        if (metric.name, metric.glob) in names:
            self.metrics[names.index((metric.name, metric.glob))] = metric
        else:
            self.metrics.append(metric)
        self.changed = True

    def telemetry(self, record: record_types.TelemetryRecord) -> None:
        """Take what features and versions were used."""
        self._features |= set(record.features)
        self._telemetry = record
        self.changed = True

    def environment(self, record: record_types.EnvironmentRecord) -> None:
        """Take facts of machine and program, which add to those of the same writer."""
        facts = {**record.facts}
        if isinstance(started := facts.get("startedAt"), float):
            facts["startedAt"] = datetime.fromtimestamp(started, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        writer = facts.get("writerId") or next(iter(self.environments), "0")
        self.environments.setdefault(writer, {}).update(facts)
        self.changed = True

    def layout(self) -> dict[str, Any]:
        """Return the whole config as the server keeps it."""
        own = {**self._own, "m": [_metric(metric, self.metrics) for metric in self.metrics]}
        told = self._telemetry
        if told is not None:
            texts = {"4": told.python_version, "5": told.cli_version, "12": told.cli_version, "13": told.platform}
            own["t"] = {"3": sorted(self._features), **{number: text for number, text in texts.items() if text}}
            own |= {"cli_version": told.cli_version, "python_version": told.python_version}
        if self.branch:
            own["branch_point"] = {"run_id": self.branch[0], "step": self.branch[1]}
        if self.environments:
            own["e"] = self.environments
        return {"_wandb": {"value": own}, **{key: {"value": value} for key, value in self.values.items()}}

    @property
    def metadata(self) -> dict[str, Any]:
        """What is known of machine and program."""
        return next(iter(self.environments.values()), {})


def _metric(metric: record_types.MetricRecord, others: list[record_types.MetricRecord]) -> dict[str, Any]:
    """Return a definition with the numbers of its record's fields as keys."""
    names = [other.name for other in others]
    options = {1: metric.step_sync, 2: metric.hidden, 3: metric.defined}
    entry = {
        "1": metric.name,
        "2": metric.glob,
        "5": names.index(metric.step_metric) + 1 if metric.step_metric in names else 0,
        "6": [number for number, on in options.items() if on],
        "7": sorted(SUMMARY_KINDS[kind] for kind in metric.summary),
        "8": GOALS.get(metric.goal or "", 0),
    }
    return {key: value for key, value in entry.items() if value or key in ("6", "7")}
