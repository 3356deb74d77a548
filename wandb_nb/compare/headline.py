"""What differs between runs, in one line."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wandb_nb.compare.comparison_picture import chart_keys
from wandb_nb.compare.legend import short_keys
from wandb_nb.compare.value_diff import differing
from wandb_nb.formatting import clean, shorten

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wandb_nb.compare.comparison import Comparison
    from wandb_nb.compare.value_diff import ValueRow

MAX_HEADLINE, MAX_VALUE = 300, 24
_MAX_KEYS, _MAX_VALUES = 3, 6
_PAIR = 2


def headline(comparison: Comparison) -> str:
    """Return one line with what differs: config, the first metric, code, Git and packages.

    For a pair it reads "slow → fast: lr 0.1 → 0.5 · loss 0.34 → 0.09 (-73 %) · 1 change of code".
    """
    pair = len(comparison.inputs) == _PAIR
    runs = " → ".join(comparison.labels) if pair else f"{len(comparison.inputs)} runs"
    parts = list(_parts(comparison))
    return shorten(f"{runs}: {' · '.join(parts) or 'no differences found'}", MAX_HEADLINE)


def _parts(comparison: Comparison) -> Iterator[str]:
    config = differing(comparison.config)
    names = short_keys(config)
    yield from (_values(name, row) for name, row in zip(names[:_MAX_KEYS], config, strict=False))
    if len(config) > _MAX_KEYS:
        yield f"{len(config) - _MAX_KEYS} more config values"
    results = {row.key: row for row in differing(comparison.summary_values)}
    metric = next((results[key] for key in chart_keys(comparison) if key in results), None)
    if metric is not None:
        yield _values(clean(metric.key), metric)
    if comparison.code:
        yield _count(len(comparison.code), "change of code", "changes of code")
    if any(row.key == "commit" for row in differing(comparison.git)):
        yield "other commits"
    if comparison.packages:
        yield _count(len(comparison.packages), "package differs", "packages differ")


def _values(name: str, row: ValueRow) -> str:
    """Return the key and its distinct values: "lr 0.1 → 0.5 (+400 %)" for a pair, "lr 0.1, 0.2, 0.5" for more runs."""
    texts = ["-" if text is None else clean(text, MAX_VALUE) for text in row.texts]
    if len(texts) == _PAIR:
        percent = row.change.partition(" ")[2] if row.change else ""
        return f"{name} {' → '.join(texts)} {percent}".rstrip()
    distinct = list(dict.fromkeys(texts))
    return f"{name} {', '.join(distinct[:_MAX_VALUES])}{' …' if len(distinct) > _MAX_VALUES else ''}"


def _count(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"
