"""Typed access to a server's answers, whose values can have any type and whose texts can hold anything."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import CommError
from wandb_nb.formatting import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_NAME_CHARACTERS = 1000
MAX_COUNT = 1 << 53


@contextmanager
def well_formed(server: str, operation: str) -> Iterator[None]:
    """Turn what an unexpected answer to *operation* causes in the block into a CommError that reports it.

    Raises:
        CommError: The answer has another form than expected.
    """
    try:
        yield
    except (AttributeError, KeyError, TypeError, ValueError, OverflowError, RecursionError) as error:
        detail = clean(f"{type(error).__name__}: {error}", 100)
        raise CommError(f"{server} answered {operation} in an unexpected form ({detail})") from error


def as_object(value: Any) -> dict[str, Any]:
    """Return a JSON object, empty for null. Raises TypeError for anything else."""
    content: dict[str, Any] = _checked(value, dict, {})
    return content


def as_list(value: Any) -> list[Any]:
    """Return a JSON array, empty for null. Raises TypeError for anything else."""
    items: list[Any] = _checked(value, list, [])
    return items


def as_text(value: Any) -> str:
    """Return a text, empty for null. Raises TypeError for anything else."""
    text: str = _checked(value, str, "")
    return text


def as_name(value: Any) -> str:
    """Return a text that is safe to print, empty for null. Raises TypeError for anything else."""
    return clean(as_text(value), MAX_NAME_CHARACTERS)


def as_count(value: Any) -> int:
    """Return a whole number from 0 on, 0 for null. Raises TypeError or ValueError for anything else."""
    if isinstance(value, bool):
        raise TypeError("a number is a bool")
    count: int = _checked(value, int, 0)
    if not 0 <= count <= MAX_COUNT:
        raise ValueError("a number is out of range")
    return count


def _checked(value: Any, kind: type, default: Any) -> Any:
    if value is None:
        return default
    if not isinstance(value, kind):
        raise TypeError(f"{type(value).__name__} instead of {kind.__name__}")
    return value
