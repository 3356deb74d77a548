"""How sizes, times, numbers and foreign text are written for people, in the terminal, in pages and in pictures."""

from __future__ import annotations

import math
import re
import time
import unicodedata
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

_MAX_NAME = 80
_UNSAFE = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}
_MAX_WHOLE = 1e15
_DIGITS, _MAX_DIGITS = 5, 17
_TIME_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))
_KILO = 1_000
_UNITS = ("", "K", "M", "G", "T")
_SIZE = re.compile(r"([0-9]{1,15}(?:\.[0-9]{1,6})?) ?([kKmMgGtT]?)[bB]?")
_UNBROKEN = re.compile(r"""\s*(?:'%?wandb[^'\n]*'|`%?wandb[^`\n]*`|\S)+""")
"""A word with the blanks before it; a command in quotes is one word."""
INDENT = "    "
"""What the second and later lines of a wrapped line begin with."""


def clean(value: object, longest: int = _MAX_NAME) -> str:
    """Return *value* as one line that is safe in a terminal: what controls or reorders text becomes "�"."""
    text = "".join("�" if unicodedata.category(char) in _UNSAFE else char for char in str(value)[: longest + 1])
    return shorten(text, longest)


def shorten(text: str, longest: int) -> str:
    """Return *text* in at most *longest* characters; an ellipsis stands for what was cut off."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def align(rows: Sequence[Sequence[object]], longest: int = 40) -> list[str]:
    """Return *rows* as lines of left-aligned columns, each cell clean and of at most *longest* characters."""
    cells = [[clean(cell, longest) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells]


def wrap(text: str, width: int) -> str:
    """Return *text* with its long lines broken between words, where they have more than *width* characters."""
    return "\n".join(_wrapped(line, width) if len(line) > width else line for line in text.split("\n"))


def _wrapped(line: str, width: int) -> str:
    lines, current = list[str](), ""
    for word in _UNBROKEN.findall(line):
        if current.strip() and len(current) + len(word) > width:
            lines.append(current)
            current = INDENT + word.lstrip()
        else:
            current += word
    return "\n".join([*lines, current])


def number(value: float) -> str:
    """Return *value* with five digits or more, whole numbers without a point; a fraction never looks whole."""
    if not math.isfinite(value) or abs(value) >= _MAX_WHOLE:
        return f"{value:.{_DIGITS}g}"
    if value == int(value):
        return str(int(value))
    texts = (f"{value:.{digits}g}" for digits in range(_DIGITS, _MAX_DIGITS))
    return next((text for text in texts if not float(text).is_integer()), f"{value:.{_MAX_DIGITS}g}")


def size(count: float) -> str:
    """Return *count* bytes in decimal units: "999 B", "3.2 MB"."""
    if count < _KILO:
        return f"{count:.0f} B"
    for unit in ("kB", "MB"):
        count /= _KILO
        if count < _KILO:
            return f"{count:.1f} {unit}"
    return f"{count / _KILO:.1f} GB"


def count_of(number: float, noun: str) -> str:
    """Return *number* things in words: "1 run", "1,200 runs"."""
    return f"{number:,}".removesuffix(".0") + f" {noun}{'' if number == 1 else 's'}"


def parse_size(text: str) -> int:
    """Return the number of bytes that *text* means: "500", "3.2 MB", "10GB"; a unit is decimal.

    Raises:
        ValueError: It is not a size.

    """
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"must be a size such as 500MB or 10GB, not {shorten(repr(text), _MAX_NAME)}")
    return int(float(match[1]) * _KILO ** _UNITS.index(match[2].upper()))


def clock(seconds: float) -> str:
    """Return *seconds* as a stopwatch shows them: 0:42, 12:05 or 1:02:03; "0:00" for negative or infinite ones."""
    whole = int(seconds) if math.isfinite(seconds) and seconds > 0 else 0
    minutes, second = divmod(whole, 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def duration(seconds: float, units: int = 2) -> str:
    """Return *seconds* in words, in their *units* largest units: "2 h 5 min"; "0 s" for negative or infinite ones."""
    rest = int(seconds) if math.isfinite(seconds) and seconds > 0 else 0
    parts = list[str]()
    for length, unit in _TIME_UNITS:
        if rest >= length or (unit == "s" and not parts):
            parts.append(f"{rest // length} {unit}")
            rest %= length
        elif parts:
            break
    return " ".join(parts[:units])


def age(since: float) -> str:
    """Return the time that has passed *since* a moment in unix seconds, in its largest unit: "3 min"."""
    return duration(time.time() - since, units=1)
