"""What a step may be."""

from __future__ import annotations

import operator
from typing import Any

from wandb_nb.errors import RowError, RowTypeError


def whole_step(step: Any) -> int:
    """Return a step given by the user as an int; RowError for negative, fractional and other values."""
    try:
        at = int(step) if isinstance(step, float) and step.is_integer() else operator.index(step)
    except TypeError:
        item = getattr(step, "item", None)  # a 0-d array or tensor
        if callable(item) and (step := item()) is not None:
            return whole_step(step) if isinstance(step, (int, float)) else _bad_step(step)
        return _bad_step(step)
    if not 0 <= at < 1 << 63:
        raise RowError(f"log(step={at}): a step is not negative, and below 2**63")
    return at


def _bad_step(step: Any) -> int:
    if isinstance(step, float):
        raise RowError(f"log(step={step!r}): a step is a whole number; define_metric() gives other x axes")
    raise RowTypeError(f"log(step=…): a step is a whole number, not {type(step).__name__}")
