"""Samples for pictures and tables: arrays of the user, or batches of a generator."""

from __future__ import annotations

from itertools import islice
from typing import Any

import numpy as np


class ValidationData:
    """Inputs and targets of *data*: a pair of arrays, or what yields such pairs, of which *steps* are one set.

    A generator that ends gives no further pairs; the last set is used again then. A sequence begins anew for each set.
    """

    def __init__(self, data: Any, steps: int | None = None) -> None:
        self._steps = steps
        self._is_pair = isinstance(data, (tuple, list)) and not isinstance(data[0], (tuple, list))
        self._data = data
        self._latest: tuple[Any, Any] | None = (data[0], data[1]) if self._is_pair else None

    def samples(self) -> tuple[Any, Any]:
        """Return inputs and targets, the next ones of a generator.

        Raises:
            ValueError: The generator has none.

        """
        if not self._is_pair:
            batches = list(islice(self._batches(), self._steps or 1))
            if batches:
                self._latest = _joined([each[0] for each in batches]), _joined([each[1] for each in batches])
        if self._latest is None:
            raise ValueError("the generator of validation data is empty")
        return self._latest

    def _batches(self) -> Any:
        if hasattr(self._data, "__next__") or not hasattr(self._data, "__getitem__"):
            return iter(self._data)
        return (self._data[number] for number in range(len(self._data)))  # such as a keras.utils.Sequence


def _joined(arrays: list[Any]) -> Any:
    """Return *arrays*, which may be structures of arrays, one after the other."""
    if isinstance(arrays[0], dict):
        return {name: _joined([each[name] for each in arrays]) for name in arrays[0]}
    if isinstance(arrays[0], (tuple, list)):
        return [_joined(list(each)) for each in zip(*arrays, strict=True)]
    return np.concatenate([np.asarray(each) for each in arrays])
