"""Recording metric definitions, and applying them to the rows that follow."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from wandb_nb.store.format import records
from wandb_nb.store.metrics.definitions import Definitions
from wandb_nb.store.writing.key_prefixes import RESERVED
from wandb_nb.values import dotted

if TYPE_CHECKING:
    from wandb_nb.store.metrics.definition import Metric


class MetricRecorder:
    """The metric definitions of one run; *append* stores their records. Not thread-safe.

    *summary* has the values of step metrics in an earlier part of the run. A process that is not the owner of the run
    does not know those of the others, so a step metric has no value there before its own first one.
    """

    def __init__(self, append: Callable[..., None], summary: Mapping[str, Any], is_owner: Callable[[], bool]) -> None:
        self.metrics = Definitions()
        self._append, self._summary, self._is_owner = append, summary, is_owner
        self._step_values: dict[str, Any] = {}

    def define(self, metric: Metric, *, overwrite: bool) -> None:
        """Record a definition, which counts for the rows that follow."""
        self._record(self.metrics.define(metric, overwrite=overwrite), overwrite=overwrite)

    def with_steps(self, row: Any) -> Any:
        """Record globs that *row* is the first to match, and add missing step metrics at their last value."""
        if not isinstance(row, Mapping):
            return row  # the encoder raises the error for it
        missing: dict[str, Any] = {}
        values = dict(dotted(row))
        for key, value in values.items():
            if key in self.metrics.steps:
                self._step_values[key] = value
            expanded = self.metrics.expand(key)
            if expanded:
                self._record([expanded], overwrite=False)
            metric = self.metrics.find(key)
            step = metric.step_metric if metric and metric.step_sync else None
            if step and step not in values and (step in self._step_values or self._starts(step)):
                missing[step] = self._step_values[step]
        return {**row, **missing} if missing else row

    def _starts(self, step: str) -> bool:
        """Give the step metric *step* its first value; False for one that every row has, and where it is unknown."""
        if step in RESERVED or not self._is_owner():
            return False
        earlier = self._summary.get(step)
        self._step_values[step] = earlier if isinstance(earlier, (int, float)) else 0
        return True

    def _record(self, metrics: list[Metric], *, overwrite: bool) -> None:
        for metric in metrics:
            self._append(records.metric(metric, step_index=self.metrics.index(metric.step_metric), overwrite=overwrite))
