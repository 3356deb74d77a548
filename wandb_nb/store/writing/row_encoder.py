"""A row of `log()` as the bytes of a record: the hot path of the package.

Every metric is one item of the record: its key (a path where dicts are nested) and its value as JSON text, both with
their lengths before them. For a number those lengths are small and the key is the same each time, so everything
before the digits comes from a cache. Text is collected as Latin-1, one character a byte, because joining and
encoding once is faster than encoding each part.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from wandb_nb.errors import RowError, RowTypeError
from wandb_nb.store.format.json_value import check_depth, text_key, to_json, type_name
from wandb_nb.store.format.wire import varint

MAX_ROW = 10_000_000
RESERVED = frozenset(("_step", "_timestamp", "_runtime", "_cell", "_attempt", "_writer"))

_NUMBER_SIZE = 26  # prefixes are made for texts shorter than this; a float takes 24 characters at most
_MAX_CACHED = 1024  # keys; each costs about 2 kB
_LOW = tuple(map(chr, range(128)))
_HIGH = tuple(map(chr, range(128, 256)))
_SMALL = tuple(varint(number) for number in range(1024))


def _size(number: int) -> str:
    return varint(number).decode("latin-1")


def _key_part(path: tuple[str, ...]) -> str:
    # A lone surrogate is not valid UTF-8: it is written as its escape.
    parts = (name.encode("utf-8", "backslashreplace").decode("latin-1") for name in path)
    return "".join(f"\x12{_size(len(part))}{part}" for part in parts)


def _prefix(key_part: str, size: int) -> str:
    """Return the bytes before a value of *size* characters."""
    rest = f"{key_part}\x82\x01{_size(size)}"
    return f"\n{_size(len(rest) + size)}{rest}"


def _prefixes(*path: str) -> tuple[str, ...]:
    key_part = _key_part(path)
    return tuple(_prefix(key_part, size) for size in range(_NUMBER_SIZE))


_STEP, _RUNTIME, _TIMESTAMP = _prefixes("_step"), _prefixes("_runtime"), _prefixes("_timestamp")


def extra_items(cell: int | None = None, attempt: int | None = None, writer: int | None = None) -> bytes:
    """Encode the items that every row of a cell, an attempt or a second writer has, for `encode(extra=)`."""
    marks = {"_cell": cell, "_attempt": attempt, "_writer": writer}
    items = ((key, str(value)) for key, value in marks.items() if value is not None)
    return "".join(_prefix(_key_part((key,)), len(text)) + text for key, text in items).encode("latin-1")


class RowEncoder:
    """Encodes rows as the bytes of history records. Thread-safe: its only state is a cache.

    *clean* gets the JSON text and the name of each value that is not a plain number, and returns the text to store.
    """

    def __init__(self, clean: Callable[[str, str], str] | None = None) -> None:
        self._cache: dict[str, tuple[str, ...]] = {}
        self._clean = clean or _as_it_is

    def encode(self, row: Mapping[str, Any], step: int, runtime: float, timestamp: float, extra: bytes = b"") -> bytes:
        """Return *row* as the bytes of a record without its number.

        Nested dicts become paths of keys, and empty ones are left out. An empty row is valid. *runtime* is in seconds
        since the start (stored to the microsecond), *timestamp* in unix seconds (to the millisecond), *step* 0 or more;
        *extra* comes from `extra_items`.

        Raises:
            RowTypeError: The row is not a mapping, or has a key or value of a type that cannot be stored.
            RowError: A key belongs to the package, or the record would be larger than 10 MB.

        """
        if not isinstance(row, Mapping):
            raise RowTypeError(f"log() takes a dict of metrics, got {type_name(row)}")
        parts: list[str] = []
        cache = self._cache
        for key, value in row.items():
            kind = type(value)
            # value - value is 0 for every float but NaN and the infinities, whose JSON text is another than repr's
            if (kind is float and value - value == 0.0) or kind is int:
                try:
                    text = repr(value)
                    parts += (cache[key][len(text)], text)
                    continue
                except (LookupError, TypeError, ValueError):  # a new key, a long or endless integer
                    pass
            self._add(parts, key, value)
        text = repr(step)
        runtime_text, timestamp_text = f"{runtime:.6f}", f"{timestamp:.3f}"
        parts += (
            _STEP[len(text)],
            text,
            _RUNTIME[len(runtime_text)],
            runtime_text,
            _TIMESTAMP[len(timestamp_text)],
            timestamp_text,
            # HistoryRecord.step {num}; the common lengths of a step by hand, the rest in general
            f"\x12\x02\x08{_LOW[step]}"
            if step < 0x80  # noqa: PLR2004 - the first number that takes two bytes
            else f"\x12\x03\x08{_HIGH[step & 127]}{_LOW[step >> 7]}"
            if step < 0x4000  # noqa: PLR2004 - the first that takes three
            else _long_step(step),
        )
        # The extra items stand before the step, with all other items: the fast reader knows rows of that form.
        body = extra + "".join(parts).encode("latin-1")
        size = len(body)
        if size > MAX_ROW:
            raise self._too_large(row, size)
        return b"\x12" + (_SMALL[size] if size < 1024 else varint(size)) + body  # noqa: PLR2004 - len(_SMALL)

    def _add(self, parts: list[str], key: Any, value: Any) -> None:
        """Add a metric without a cached prefix, or one that is not a plain number."""
        if isinstance(value, float) and float.__sub__(value, value) == 0.0 and key in self._cache:
            text = float.__repr__(value)  # numpy's float64 is a float, and has a repr of its own
            parts += (self._cache[key][len(text)], text)
            return
        if not isinstance(key, str):
            raise RowTypeError(f"metric names must be strings, got {type_name(key)} {key!r}")
        key = text_key(key, key)
        if key in RESERVED:
            raise RowError(f"metric name {key!r} is reserved; log your {type_name(value)} under another name")
        if isinstance(value, Mapping):
            self._add_nested(parts, (key,), value)
            return
        text = self._clean(to_json(value, key), key)
        prefixes = self._cache.get(key) or self._remember(key)
        size = len(text)
        parts += (prefixes[size] if size < _NUMBER_SIZE else _prefix(_key_part((key,)), size), text)

    def _add_nested(self, parts: list[str], path: tuple[str, ...], value: Mapping[Any, Any]) -> None:
        name = ".".join(path)
        check_depth(name, len(path))
        for key, item in value.items():
            below = (*path, text_key(key, name))
            if isinstance(item, Mapping):
                self._add_nested(parts, below, item)
            else:
                text = self._clean(to_json(item, ".".join(below)), below[-1])
                parts += (_prefix(_key_part(below), len(text)), text)

    def _remember(self, key: str) -> tuple[str, ...]:
        if len(self._cache) >= _MAX_CACHED:
            self._cache.clear()
        prefixes = self._cache[key] = _prefixes(key)
        return prefixes

    def _too_large(self, row: Mapping[str, Any], size: int) -> RowError:
        sizes: dict[str, int] = {}
        for key, value in row.items():
            parts: list[str] = []
            self._add(parts, key, value)
            sizes[key] = sum(map(len, parts))
        largest = max(sizes, key=sizes.__getitem__)
        return RowError(
            f"the row takes {size / 1e6:.1f} MB, more than the {MAX_ROW / 1e6:.0f} MB a row may take; "
            f"most of it is {largest!r}, a {type_name(row[largest])}: store that in a file"
        )


def _as_it_is(text: str, _name: str) -> str:
    return text


def _long_step(step: int) -> str:
    num = _size(step)
    return f"\x12{_LOW[len(num) + 1]}\x08{num}"
