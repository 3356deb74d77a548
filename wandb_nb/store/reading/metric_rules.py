"""Which metric definition holds for a key, and how nested values are put in their place.  Needs no numpy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wandb_nb.store.format.record_types import KeyPath, MetricRecord


class MetricRules:
    """Which definition holds for a metric: its own, else the last glob that fits it."""

    def __init__(self, metrics: Iterable[MetricRecord]) -> None:
        defined = list(metrics)
        self._names = {metric.name: metric for metric in defined if metric.name}
        self._globs = [metric for metric in defined if metric.glob]

    def of(self, key: str) -> MetricRecord | None:
        """Return the definition for *key*, whose parts are joined by "."."""
        if key in self._names:
            return self._names[key]
        fitting = [metric for metric in self._globs if _fits(metric.glob, key)]
        return fitting[-1] if fitting else None


def put(tree: dict[str, Any], path: KeyPath, value: Any) -> None:
    """Set the entry at *path*, making the dicts on the way."""
    for name in path[:-1]:
        inner = tree.get(name)
        if not isinstance(inner, dict):
            inner = tree[name] = {}
        tree = inner
    tree[path[-1]] = value


def remove(tree: dict[str, Any], path: KeyPath) -> None:
    """Take the entry at *path* out, if it is there."""
    for name in path[:-1]:
        inner = tree.get(name)
        if not isinstance(inner, dict):
            return
        tree = inner
    tree.pop(path[-1], None)


def _fits(glob: str, key: str) -> bool:
    return key.startswith(glob[:-1]) if glob.endswith("*") else key == glob
