"""Checks on the step that a user gives."""

from __future__ import annotations

import operator
from typing import Any

from wandb_nb.errors import RowError, RowTypeError

MAX_STEP = (1 << 63) - 1


def whole_step(step: Any) -> int:
    """Return a step given by the user as an int.

    Raises:
        RowError: The step is negative, fractional or too large.
        RowTypeError: It is not a number.

    """
    if type(step) is int and 0 <= step <= MAX_STEP:  # nearly all of them
        return step
    try:
        at = int(step) if isinstance(step, float) and step.is_integer() else operator.index(step)
    except TypeError:
        item = getattr(step, "item", None)  # a 0-d array or tensor
        if callable(item) and (step := item()) is not None:
            return whole_step(step) if isinstance(step, (int, float)) else _bad_step(step)
        return _bad_step(step)
    if not 0 <= at <= MAX_STEP:
        raise RowError(f"log(step={at}): steps must be from 0 to 2**63 - 1")
    return at


def _bad_step(step: Any) -> int:
    if isinstance(step, float):
        raise RowError(f"log(step={step!r}): steps must be whole numbers; use define_metric() for other x axes")
    raise RowTypeError(f"log(step=…): steps must be whole numbers, got {type(step).__name__}")
