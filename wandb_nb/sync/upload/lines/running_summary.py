"""The summary of a run as its records pass by: as recorded, and by the summary engine where rows are newer."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wandb_nb.store.format.key_paths import get, put, remove
from wandb_nb.store.format.record_items import parse_json
from wandb_nb.store.metrics.summary_engine import SummaryEngine, whole
from wandb_nb.sync.upload.lines.json_tree import Tree, items, merge, paths

if TYPE_CHECKING:
    from collections.abc import Hashable

    from wandb_nb.store.metrics.definition import Metric
    from wandb_nb.store.metrics.definitions import Definitions
    from wandb_nb.values import KeyPath


class RunningSummary:
    """The summary in `tree`, with JSON texts as leaves. The newest value of a key wins.

    *definitions* may grow between two records.
    """

    def __init__(self, definitions: Definitions) -> None:
        self.tree: Tree = {}
        self._definitions = definitions
        self._engine = SummaryEngine(definitions)

    def row(self, values: Tree) -> None:
        """Take a row's values."""
        if self._definitions.summarized:
            row = (values["_step"], values.get("_attempt"), values.get("_writer")) if "_step" in values else None
            self._take(values, (), row)
        else:
            merge(self.tree, values)

    def record(self, data: bytes) -> None:
        """Take a SummaryRecord."""
        for path, text in items(data, 1):
            put(self.tree, path, text)
        for path in paths(data, 2):
            remove(self.tree, path)

    def _take(self, values: Tree, above: KeyPath, row: Hashable) -> None:
        for key, value in values.items():
            path = (*above, key)
            if isinstance(value, dict):
                self._take(value, path, row)
                continue
            metric = self._definitions.find(".".join(path))
            text = value if metric is None or not metric.summary else self._entry(metric, path, value, row)
            if text is not None:
                put(self.tree, path, text)

    def _entry(self, metric: Metric, path: KeyPath, text: str, row: Hashable) -> Tree | str | None:
        """Return the new entry of a key that has a definition; None if it has none."""
        if not metric.statistics:
            return text if metric.in_summary else None
        reported = get(self.tree, path)
        entry = self._engine.take(".".join(path), parse_json(text.encode()), row, _parsed(reported))
        return {kind: json.dumps(whole(value)) for kind, value in entry.items()} or "{}"


def _parsed(reported: Any) -> Any:
    """Return the values of *reported*, one level of the tree."""
    if not isinstance(reported, dict):
        return None
    return {kind: parse_json(text.encode()) for kind, text in reported.items() if isinstance(text, str)}
