"""JSON by orjson where that gives the same values as the standard library, in a fraction of the time."""

from __future__ import annotations

from contextlib import suppress
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_orjson: Any = import_module("orjson") if find_spec("orjson") else None  # there is none for some Pythons


def parse_fast(text: str | bytes) -> Any:
    """Return the value of *text*; None where the slower, normalising parser has to decide.

    That is so for NaN, infinities and lone surrogates. Integers of more than 64 bits become floats.
    """
    if _orjson is None:
        return None
    try:
        return _orjson.loads(text)
    except ValueError:
        return None


def parse_each(texts: Sequence[str]) -> list[Any]:
    """Return the values of *texts*, each as `parse_fast` returns it."""
    if _orjson is not None:
        with suppress(ValueError):
            return list(map(_orjson.loads, texts))
    return list(map(parse_fast, texts))


def dump_fast(rows: Iterable[dict[str, Any]]) -> list[str] | None:
    """Return the JSON texts of *rows*, which have no NaN, infinities or integers of more than 64 bits."""
    if _orjson is None:
        return None
    dumps = _orjson.dumps
    return [dumps(row).decode() for row in rows]
