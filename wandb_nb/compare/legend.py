"""Labels of compared runs in legends: the config values that are not the same in all of them, and the name.

The values come first, since charts cut off the end of a label.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wandb_nb.compare.value_diff import differing
from wandb_nb.formatting import clean, shorten

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wandb_nb.compare.value_diff import ValueRow

MAX_KEYS, MAX_VALUE, MAX_NAME, MAX_VALUES = 2, 12, 24, 32
_SEPARATOR = " · "


def legend_labels(names: Sequence[str], labels: Sequence[str], config: Sequence[ValueRow]) -> list[str]:
    """Return the runs' *names*, each after the values of the first keys of *config* that differ: "lr=0.1 · slow".

    A run whose name and values are not its own alone has its entry in *labels*, which are distinct.
    """
    rows = differing(config)[:MAX_KEYS]
    keys = short_keys(rows)
    legend = [_label(name, [row.texts[at] for row in rows], keys) for at, name in enumerate(names)]
    return [entry if legend.count(entry) == 1 else label for entry, label in zip(legend, labels, strict=True)]


def value_labels(legend: Sequence[str]) -> list[str]:
    """Return the labels of *legend* without the names, as far as they are distinct without them."""
    values = [label.partition(_SEPARATOR)[0] for label in legend]
    return [value if values.count(value) == 1 else label for value, label in zip(values, legend, strict=True)]


def short_keys(rows: Sequence[ValueRow]) -> list[str]:
    """Return the last part of each nested key, or the whole key where several end alike."""
    ends = [row.key.rpartition(".")[2] for row in rows]
    return [clean(end if ends.count(end) == 1 else row.key) for row, end in zip(rows, ends, strict=True)]


def _label(name: str, texts: Sequence[str | None], keys: Sequence[str]) -> str:
    values = [f"{key}={clean(text, MAX_VALUE)}" for key, text in zip(keys, texts, strict=True) if text is not None]
    return f"{shorten(', '.join(values), MAX_VALUES)}{_SEPARATOR}{shorten(name, MAX_NAME)}" if values else name
