"""Arrays and tensors of any library as arrays of numpy's own types, and as histograms.

They are recognized by their methods; numpy is imported only by functions whose caller has an array.
"""

from __future__ import annotations

import math
import sys
from contextlib import suppress
from typing import Any

LIST_SIZE = 32  # arrays with more elements become histograms, and this is their number of bins

_MIN_RANGE = 1e-300  # numpy's bins of a narrower range are inexact
_NANOSECONDS = 1e9
_MISSING_TYPES = frozenset({"NAType", "NaTType", "MaskedConstant"})  # by name, so that no package is imported


def is_missing(value: Any) -> bool:
    """Return whether *value* is pandas' `NA` or `NaT`, or numpy's `masked`."""
    return type(value).__name__ in _MISSING_TYPES


def plain_array(value: Any) -> Any:
    """Return *value* as an array of numpy's own types; missing elements are None, durations are seconds."""
    import numpy as np  # a caller with an array has loaded it

    value = _on_this_machine(value)
    array = np.asarray(value)
    if hasattr(value, "compressed") and np.any(value.mask):
        return np.array(value.tolist(), dtype=object)
    if array.dtype.kind == "m":
        seconds = array.astype("m8[ns]").astype(np.float64) / _NANOSECONDS
        return _with_missing(seconds, np.isnat(array))
    if array.dtype.kind == "M":
        return _with_missing(array.astype(str), np.isnat(array))
    if array.dtype.kind == "V" and not array.dtype.names:  # bfloat16, float8, int4 and the like; or bytes
        with suppress(TypeError, ValueError):
            return array.astype(np.int64 if "int" in array.dtype.name else np.float64)
    ordinary = {"g": np.float64, "G": np.complex128}.get(array.dtype.char)  # Python has no long doubles
    return array if ordinary is None else array.astype(ordinary)


def _with_missing(array: Any, missing: Any) -> Any:
    """Return *array* with None for the *missing* elements."""
    import numpy as np  # a caller with an array has loaded it

    objects = np.asarray(array, dtype=object)
    objects[missing] = None
    return objects


def _on_this_machine(value: Any) -> Any:
    """Detach a tensor from its gradient and device, and convert a number format that numpy lacks."""
    if hasattr(value, "detach") and hasattr(value, "cpu"):
        value = value.detach().cpu()
        if str(value.dtype).startswith(("torch.bfloat", "torch.float8")):
            value = value.float()
        elif getattr(value, "is_sparse", False):
            value = value.to_dense()
    return value


def finite_numbers(array: Any) -> Any:
    """Return the finite elements as a flat float64 array, of complex ones their magnitude; None for other arrays."""
    import numpy as np  # a caller with an array has loaded it

    flat = array.ravel()
    if array.dtype.kind == "O":
        elements = [element for element in flat.tolist() if element is not None and not is_missing(element)]
        if not all(isinstance(element, (int, float)) or hasattr(element, "__float__") for element in elements):
            return None
        flat = np.array([float(element) for element in elements])
    elif array.dtype.kind not in "biufc":
        return None
    with np.errstate(over="ignore"):
        flat = (np.abs(flat) if array.dtype.kind == "c" else flat).astype(np.float64)
    return flat[np.isfinite(flat)]


def histogram(numbers: Any) -> tuple[list[int], list[float]]:
    """Return 32 counts over *numbers*, a flat float64 array, and the 33 edges of their bins."""
    import numpy as np  # a caller with an array has loaded it

    edges = _edges(numbers)
    counts, edges = np.histogram(numbers, bins=LIST_SIZE if edges is None else edges)
    return counts.tolist(), edges.tolist()


def _edges(flat: Any) -> Any:
    """Return the edges of the bins where numpy finds none: of a range that is very narrow, wide or close to zero."""
    import numpy as np  # a caller with an array has loaded it

    low, high = (float(flat.min()), float(flat.max())) if flat.size else (0.0, 1.0)
    least = 2 * LIST_SIZE * math.ulp(max(-low, high))
    if (low == high and least < 1) or max(least, _MIN_RANGE) < high - low < math.inf:
        return None
    if high - low < least:
        low, high = max(low - least, -sys.float_info.max), min(high + least, sys.float_info.max)
    shares = np.arange(LIST_SIZE + 1) / LIST_SIZE
    return low + shares * (high - low) if high - low < math.inf else (low / 2 + shares * (high / 2 - low / 2)) * 2
