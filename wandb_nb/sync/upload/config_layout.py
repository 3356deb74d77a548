"""A run's config in the layout that servers keep: each key's value under `value`, the tracker's own under `_wandb`."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import TYPE_CHECKING, Any

from wandb_nb.store.format.key_paths import put
from wandb_nb.store.metrics.definitions import Definitions

if TYPE_CHECKING:
    from wandb_nb.store.format import record_types


class ServerConfig:
    """The config as its records tell it; `changed` is true until somebody takes note and sets it back."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.metrics = Definitions()
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
        """Take a metric definition."""
        self.metrics.add(metric.metric, overwrite=metric.overwrite)
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
        own = {**self._own, "m": self.metrics.as_config()}
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
