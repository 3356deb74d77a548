"""A row of `log()` as the bytes of a record: the hot path of the package.

Every metric is one item of the record: its key (a path where dicts are nested) and its value as JSON text, both with
their lengths before them. Everything before the digits of a number comes from a cache. Rows of many values take the
way of `number_row`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from wandb_nb.errors import RowError, RowTypeError
from wandb_nb.store.format.json_value import check_depth, text_key, to_json, type_name
from wandb_nb.store.format.python_number import python_number
from wandb_nb.store.format.wire import varint
from wandb_nb.store.writing.key_prefixes import RESERVED, PrefixCache, key_part, prefix, prefix_of, size_text
from wandb_nb.store.writing.number_row import MIN_NUMBERS, NumberRowEncoder, Numbers
from wandb_nb.values import TYPE_KEY

MAX_ROW = 10_000_000

_LOW = tuple(map(chr, range(128)))
_HIGH = tuple(map(chr, range(128, 256)))
_SMALL = tuple(varint(number) for number in range(1024))

_STEP, _RUNTIME, _TIMESTAMP = (
    tuple(prefix(key_part((key,)), size) for size in range(26)) for key in ("_step", "_runtime", "_timestamp")
)


def extra_items(cell: int | None = None, attempt: int | None = None, writer: int | None = None) -> bytes:
    """Encode the items that every row of a cell, an attempt or a second writer has, for `encode(extra=)`."""
    marks = {"_cell": cell, "_attempt": attempt, "_writer": writer}
    items = ((key, str(value)) for key, value in marks.items() if value is not None)
    return "".join(prefix(key_part((key,)), len(text)) + text for key, text in items).encode("latin-1")


class RowEncoder:
    """Encodes rows as the bytes of history records. Thread-safe: its only state is a cache.

    *clean* gets the JSON text and the name of each value that is not a plain number, and returns the text to store.
    """

    def __init__(self, clean: Callable[[str, str], str] | None = None) -> None:
        self._prefixes = PrefixCache()
        self._number_rows = NumberRowEncoder(self._prefixes, self._add)
        self._clean = clean or _as_it_is

    def encode(self, row: Mapping[str, Any], step: int, runtime: float, timestamp: float, extra: bytes = b"") -> bytes:
        """Return *row* as the bytes of a record without its number; see `encode_row`."""
        return self.encode_row(row, step, runtime, timestamp, extra)[0]

    def encode_row(
        self, row: Mapping[str, Any], step: int, runtime: float, timestamp: float, extra: bytes = b""
    ) -> tuple[bytes, Numbers | None]:
        """Return *row* as the bytes of a record without its number, and its numbers if it has many and nothing else.

        Nested dicts become paths of keys, and empty ones are left out; one with a `_type`, such as that of an image, is
        one value. An empty row is valid. *runtime* is in seconds
        since the start (stored to the microsecond), *timestamp* in unix seconds (to the millisecond), *step* 0 or more;
        *extra* comes from `extra_items`.

        Raises:
            RowTypeError: The row is not a mapping, or has a key or value of a type that cannot be stored.
            RowError: A key belongs to the package, or the record would be larger than 10 MB.

        """
        if type(row) is not dict and not isinstance(row, Mapping):
            raise RowTypeError(f"log() takes a dict of metrics, got {type_name(row)}")
        parts, numbers = self._number_rows.encode_parts(row) if len(row) >= MIN_NUMBERS else (None, None)
        if parts is None:
            parts = []
            prefixes = self._prefixes
            for key, value in row.items():
                kind = type(value)
                # value - value is 0 for every float but NaN and the infinities, whose JSON text is another than repr's
                if (kind is float and value - value == 0.0) or kind is int:
                    try:
                        text = repr(value)
                        parts += (prefixes[key][len(text)], text)
                        continue
                    except KeyError:
                        if key in prefixes:  # only the size is new
                            parts += (prefix_of(prefixes[key], key, len(text)), text)
                            continue
                    except (TypeError, ValueError):  # an unusual key, an endless integer
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
        head = b"\x12" + (_SMALL[size] if size < 1024 else varint(size))  # noqa: PLR2004 - len(_SMALL)
        return head + body, numbers

    def _add(self, parts: list[str], key: Any, value: Any) -> None:
        """Add a metric of any kind."""
        if not isinstance(key, str):
            raise RowTypeError(f"metric names must be strings, got {type_name(key)} {key!r}")
        key = str.__str__(text_key(key, key))
        if key in RESERVED:
            raise RowError(f"metric name {key!r} is reserved; log your {type_name(value)} under another name")
        value = python_number(value)
        kind = type(value)
        if kind is float or kind is int or kind is bool:
            text = to_json(value, key)
        elif isinstance(value, Mapping) and TYPE_KEY not in value:
            self._add_nested(parts, (key,), value)
            return
        else:
            text = self._clean(to_json(value, key), key)
        parts += (prefix_of(self._prefixes[key], key, len(text)), text)

    def _add_nested(self, parts: list[str], path: tuple[str, ...], value: Mapping[Any, Any]) -> None:
        name = ".".join(path)
        check_depth(name, len(path))
        for key, item in value.items():
            below = (*path, text_key(key, name))
            if isinstance(item, Mapping) and TYPE_KEY not in item:
                self._add_nested(parts, below, item)
            else:
                text = self._clean(to_json(item, ".".join(below)), below[-1])
                parts += (prefix(key_part(below), len(text)), text)

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
    num = size_text(step)
    return f"\x12{_LOW[len(num) + 1]}\x08{num}"
