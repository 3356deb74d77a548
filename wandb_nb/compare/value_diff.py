"""Nested values side by side: config, summary, Git information, packages."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypedDict

from wandb_nb.formatting import clean, number
from wandb_nb.values import dotted, is_finite
from wandb_nb.view.message.run_message import plain
from wandb_nb.view.run_text import media_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

MAX_TEXT = 200
_NOTABLE_PERCENT = 0.05


class ValueRowHeader(TypedDict):
    """One key of a table in a comparison's message; `texts` has one entry per run, null if the run lacks the key."""

    key: str
    texts: list[str | None]
    same: bool
    change: str | None


class _Absent:
    def __repr__(self) -> str:
        return "ABSENT"


ABSENT = _Absent()
"""The value of a key that a run does not have."""


@dataclass(frozen=True)
class ValueRow:
    """One key with its value in each run, `ABSENT` if a run lacks it."""

    key: str
    values: tuple[Any, ...]

    @property
    def same(self) -> bool:
        """Whether all runs have the key with equal values; 1 equals 1.0 but not True."""
        first = self.values[0]
        return all(_equal(first, value) for value in self.values)

    @property
    def texts(self) -> list[str | None]:
        """The values as one line each, None if absent; different values have different texts."""
        short = [None if value is ABSENT else _short(value) for value in self.values]
        if self.same or len(set(short)) > 1:
            return short
        return [None if value is ABSENT else _exact(value) for value in self.values]

    @property
    def change(self) -> str | None:
        """For two runs with numbers: how much the second is above the first, as "+0.2 (+200 %)"."""
        if len(self.values) != 2 or self.same or not all(map(is_finite, self.values)):  # noqa: PLR2004 -- a pair
            return None
        before, after = map(float, self.values)
        share = (after - before) / abs(before) * 100 if before else math.nan
        percent = f" ({share:+.3g} %)" if math.isfinite(share) and abs(share) >= _NOTABLE_PERCENT else ""
        sign = "+" if after > before else "-"
        return f"{sign}{number(abs(after - before))}{percent}"

    def values_of(self, labels: Sequence[str]) -> dict[str, Any]:
        """Return the row for programs: key, whether it is the same, and the value of each run that has one."""
        pairs = zip(labels, self.values, strict=True)
        return {
            "key": self.key,
            "same": self.same,
            "values": {name: value for name, value in pairs if value is not ABSENT},
        }

    def header(self) -> ValueRowHeader:
        """Return the row as a message carries it."""
        return {"key": clean(self.key), "texts": self.texts, "same": self.same, "change": self.change}


def value_rows(trees: Sequence[Mapping[str, Any]]) -> list[ValueRow]:
    """Return one row for each key of any of *trees*, nested keys joined by ".", without keys that begin with "_".

    The rows are in the order of first appearance.
    """
    flat = [dict(dotted(tree, private=False)) for tree in trees]
    keys = dict.fromkeys(key for values in flat for key in values)
    return [ValueRow(key, tuple(values.get(key, ABSENT) for values in flat)) for key in keys]


def differing(rows: Iterable[ValueRow]) -> list[ValueRow]:
    """Return the rows whose values differ."""
    return [row for row in rows if not row.same]


def _equal(one: Any, other: Any) -> bool:
    if one is ABSENT or other is ABSENT:
        return one is other
    if isinstance(one, bool) is not isinstance(other, bool):
        return False
    both_nan = one != one and other != other  # noqa: PLR0124 -- NaN differs from itself
    return bool(both_nan or one == other)


def _short(value: Any) -> str:
    if isinstance(value, float):
        return number(value)
    return clean(value if isinstance(value, str) else media_text(value) or _exact(value), MAX_TEXT)


def _exact(value: Any) -> str:
    return clean(json.dumps(plain(value), ensure_ascii=False), MAX_TEXT)
