"""`Reproducibility`: what would keep the repetition of a run from being the same, as data and text."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from wandb_nb.formatting import clean
from wandb_nb.store.runs.stored_remarks import MAX_CHARACTERS
from wandb_nb.view.run_text import remarks_text

if TYPE_CHECKING:
    from collections.abc import Sequence

_MAX_NAMES = 3


class Remark(NamedTuple):
    """One reason why a repetition may differ, and what to do about it.

    *kind* is "code", "cells", "seed", "packages", "artifacts" or "machine".
    """

    kind: str
    text: str
    remedy: str

    def __str__(self) -> str:
        return clean(f"{self.text}: {self.remedy}", MAX_CHARACTERS)


@dataclass(frozen=True, repr=False)
class Reproducibility:
    """The *remarks* on a run; none means that nothing is known that would make a repetition differ."""

    remarks: tuple[Remark, ...] = ()

    @property
    def summary(self) -> str:
        """One line: "reproducible: 2 remarks"."""
        return remarks_text(len(self.remarks))

    def __str__(self) -> str:
        return "\n".join([self.summary, *(f"  - {remark}" for remark in self.remarks)])

    __repr__ = __str__


def listed(names: Sequence[object]) -> str:
    """Return the first of *names*, each on one line, and how many more there are."""
    more = len(names) - _MAX_NAMES
    return ", ".join(clean(name, 60) for name in names[:_MAX_NAMES]) + (f" and {more} more" if more > 0 else "")
