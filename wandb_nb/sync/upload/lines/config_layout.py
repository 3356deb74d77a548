"""A run's config in the server's layout: each key's value under `value`, the tracker's own entries under `_wandb`."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from wandb_nb.store.format.key_paths import put
from wandb_nb.store.metrics.definitions import Definitions

if TYPE_CHECKING:
    from wandb_nb.store.format import record_types

UNKNOWN_WRITER = "0"
"""The writer of an environment record that names none."""


class ServerConfig:
    """The config after the records applied so far; `changed` is true until a caller resets it."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.metrics = Definitions()
        self.environments: dict[str, dict[str, Any]] = {}
        self._own: dict[str, Any] = {}
        self._telemetry: record_types.TelemetryRecord | None = None
        self._features: set[int] = set()
        self.branch: tuple[str, int] | None = None
        """Run and step that this run was forked from or rewound to."""
        self.changed = False

    def update(self, record: record_types.ConfigRecord) -> None:
        """Apply set and removed entries."""
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
        """Apply a metric definition."""
        self.metrics.add(metric.metric, overwrite=metric.overwrite)
        self.changed = True

    def telemetry(self, record: record_types.TelemetryRecord) -> None:
        """Add the features and versions used."""
        self._features |= set(record.features)
        self._telemetry = record
        self.changed = True

    def environment(self, record: record_types.EnvironmentRecord) -> None:
        """Add facts about machine and program to those of the same writer."""
        facts = {**record.facts}
        if isinstance(started := facts.get("startedAt"), float):
            facts["startedAt"] = datetime.fromtimestamp(started, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        writer = facts.get("writerId") or next(iter(self.environments), UNKNOWN_WRITER)
        self.environments.setdefault(writer, {}).update(facts)
        self.changed = True

    def layout(self) -> dict[str, Any]:
        """Return the whole config in the server's layout."""
        own = {**self._own, "m": self.metrics.as_config()}
        telemetry = self._telemetry
        if telemetry is not None:
            texts = {
                "4": telemetry.python_version,
                "5": telemetry.cli_version,
                "12": telemetry.cli_version,
                "13": telemetry.platform,
            }
            own["t"] = {"3": sorted(self._features), **{number: text for number, text in texts.items() if text}}
            if telemetry.labels:
                own["t"]["9"] = dict(telemetry.labels)
            own |= {"cli_version": telemetry.cli_version, "python_version": telemetry.python_version}
        if self.branch:
            own["branch_point"] = {"run_id": self.branch[0], "step": self.branch[1]}
        if self.environments:
            own["e"] = self.environments
        return {"_wandb": {"value": own}, **{key: {"value": value} for key, value in self.values.items()}}

    @property
    def metadata(self) -> dict[str, Any]:
        """Facts about machine and program."""
        return next(iter(self.environments.values()), {})
