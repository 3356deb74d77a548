"""Splits the line after `%wandb` into words, and reads `key=value` pairs.

Values are read as Python literals, else taken as text. Quotes and brackets keep blanks together:

    init --project digits --notes "second try" lr=0.1 layers=[64, 32] name='a b'

IPython has replaced `$name` and `{expr}` before the line gets here.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

BRACKETS = {"(": ")", "[": "]", "{": "}"}


def split(line: str) -> list[str]:
    """Split *line* at blanks outside quotes and brackets; quotes stay in the words.

    A quote that is never closed, as in `it's`, is a letter.

    Raises:
        UsageError: A bracket is never closed.
    """
    words: list[str] = []
    word = ""
    closers: list[str] = []
    position = 0
    while position < len(line):
        letter = line[position]
        if letter in "\"'" and (closers or word == "" or word.endswith("=")):
            end = _quote_end(line, position)
            word += line[position:end]
            position = end
            continue
        if letter.isspace() and not closers:
            words, word = [*words, word] if word else words, ""
        else:
            word += letter
            _track_brackets(closers, letter, opens=len(word) > 1)
        position += 1
    if closers:
        raise UsageError(f"%wandb: a closing {closers[-1]} is missing in: {line.strip()}")
    return [*words, word] if word else words


def _track_brackets(closers: list[str], letter: str, *, opens: bool) -> None:
    """Update the brackets still to be closed; only those inside a word keep blanks together."""
    if closers and letter == closers[-1]:
        closers.pop()
    elif letter in BRACKETS and (opens or closers):
        closers.append(BRACKETS[letter])


def _quote_end(line: str, start: int) -> int:
    """Return the position after the quoted text that begins at *start*, or after the quote if nothing closes it."""
    position = start + 1
    while position < len(line):
        if line[position] == "\\":
            position += 1
        elif line[position] == line[start]:
            return position + 1
        position += 1
    return start + 1


def literal(text: str) -> Any:
    """Return *text* read as a Python literal, or *text* itself if it is not one."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


def unquote(text: str) -> str:
    """Return the value of an option without its quotes."""
    value = literal(text) if text[:1] in ("'", '"') else text
    return value if isinstance(value, str) else text


def pairs(words: Iterable[str], command: str) -> dict[str, Any]:
    """Return the `key=value` words as a mapping.

    Raises:
        UsageError: A word is not a pair.
    """
    values: dict[str, Any] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise UsageError(f"%wandb {command}: {word!r} is neither an option nor key=value")
        values[key] = literal(value)
    return values
