"""`Definitions`: the metric definitions of one run, and which of them applies to a key."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from wandb_nb.store.metrics.definition import OPTIONS, STEP_NAME, SUMMARY, Metric, matches, to_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Definitions:
    """Definitions in the order in which they were made. Not thread-safe.

    A metric's own definition applies to it, else the first glob that matches.
    """

    def __init__(self, metrics: Iterable[Metric] = ()) -> None:
        self.replace(metrics)

    def replace(self, metrics: Iterable[Metric]) -> None:
        """Replace all definitions by *metrics*."""
        self._by_name: dict[str, Metric] = {}
        self._by_key: dict[str, Metric | None] = {}
        self.steps: set[str] = set()
        """Names of the metrics that others are drawn over."""
        self.summarized = False
        """Whether a definition changes what the summary holds."""
        for metric in metrics:
            self.add(metric)

    def __bool__(self) -> bool:
        return bool(self._by_name)

    def __len__(self) -> int:
        return len(self._by_name)

    def __iter__(self) -> Iterator[Metric]:
        return iter(self._by_name.values())

    def add(self, metric: Metric, *, overwrite: bool = False) -> Metric:
        """Add *metric*, merged with an earlier one of its name unless *overwrite*; return what now applies."""
        earlier = self._by_name.get(metric.name)
        if earlier is not None and not overwrite:
            metric = metric.merged(earlier)
        self._by_name[metric.name] = metric
        if metric.step_metric:
            self.steps.add(metric.step_metric)
        self.summarized = self.summarized or bool(metric.summary)
        self._by_key.clear()
        return metric

    def define(self, metric: Metric, *, overwrite: bool) -> list[Metric]:
        """Add *metric* and, if new, its step metric; return the definitions to record, in order."""
        step = metric.step_metric
        new = [self.add(Metric(step, defined=False))] if step and step not in self._by_name else []
        return [*new, self.add(metric, overwrite=overwrite)]

    def find(self, key: str) -> Metric | None:
        """Return the definition that applies to the metric *key*, if any."""
        if key not in self._by_key:
            globs = (metric for metric in self if metric.is_glob and matches(metric.name, key))
            self._by_key[key] = self._by_name.get(key) or next(globs, None)
        return self._by_key[key]

    def expand(self, key: str) -> Metric | None:
        """Return the definition that a glob gives *key*, to be recorded, when the key is logged for the first time."""
        metric = self.find(key)
        if metric is None or not metric.is_glob:
            return None
        own = replace(metric, name=key, defined=True, expanded=True)
        self._by_name[key] = self._by_key[key] = own
        return own

    def index(self, name: str | None) -> int:
        """Return the position of *name* among the definitions, counted from 1; 0 if it has none."""
        return list(self._by_name).index(name) + 1 if name in self._by_name else 0

    def as_config(self) -> list[dict[str, Any]]:
        """Return the definitions as the config value `_wandb.m`: field numbers are the keys."""
        return [self._entry(metric) for metric in self]

    def _entry(self, metric: Metric) -> dict[str, Any]:
        fields = to_fields(metric, self.index(metric.step_metric))
        return {
            str(number): value
            for number, value in fields.items()
            if number != STEP_NAME and (value or number in (OPTIONS, SUMMARY))
        }
