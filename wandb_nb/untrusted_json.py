"""JSON from clients and their files: the one place where it is checked and normalised.

Normalised values can be written as UTF-8 (lone surrogates become U+FFFD), have integers that fit a float (larger ones
become infinities) and nest at most `MAX_DEPTH` deep. NaN and infinities may appear bare in the text.
"""

from __future__ import annotations

import json
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_DEPTH = 100  # so that code which walks a value later does not exhaust the stack
_MAX_INT_DIGITS = 308
_DIGITS_BLOCK = 154  # twice as many digits in a row, at any place, fill such a block
_SURROGATE = re.compile(r"[\ud800-\udfff]")
_SURROGATE_ESCAPE = re.compile(r"\\u[dD]")
_LONG_INT = re.compile(rf"(?<![0-9])[0-9]{{{_MAX_INT_DIGITS + 1}}}")


def clean_text(text: str) -> str:
    """Return *text* with lone surrogates replaced, as `os.fsdecode` makes them from names that are not UTF-8."""
    return _SURROGATE.sub("\ufffd", text)


def parse_value(text: str) -> Any:
    """Return the normalised value of *text*.

    Raises:
        ValueError: The text is not JSON or nests too deep; the message is a phrase that says which.

    """
    needs_cleaning = _needs_cleaning(text)
    try:
        value = json.loads(text, parse_int=_parse_int) if needs_cleaning else json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ValueError(f"not JSON: {clean_text(text[:80])!r}") from error
    if text.count("{") + text.count("[") > MAX_DEPTH and is_too_deep(value):
        raise ValueError(f"nested deeper than {MAX_DEPTH}: {text[:80]!r}")
    return _clean(value) if needs_cleaning else value


def parse_object(text: str) -> dict[str, Any]:
    """Return the normalised object that *text* holds.

    Raises:
        ValueError: The text is not a JSON object or nests too deep; the message is a phrase that says which.

    """
    value = parse_value(text)
    if not isinstance(value, dict):
        raise ValueError(f"not a JSON object: {clean_text(text[:80])!r}")  # noqa: TRY004 -- the text's value is wrong
    return value


def normalize_object(text: str) -> tuple[dict[str, Any], str]:
    """Return the object that *text* holds, and its normalised text, which is *text* itself in nearly all cases.

    Raises:
        ValueError: As for `parse_object`.

    """
    value = parse_object(text)
    return value, json.dumps(value) if _needs_cleaning(text) else text


def load_object(text: str | bytes) -> dict[str, Any] | None:
    """Return the normalised object of a stored or uploaded text; None if it is not one."""
    try:
        return parse_object(text if isinstance(text, str) else text.decode("utf-8", "replace"))
    except ValueError:
        return None


def load_objects(texts: Sequence[str]) -> list[dict[str, Any]]:
    """Return the normalised objects of stored texts, without those that are not objects; faster than one by one."""
    joined = f"[{','.join(texts)}]"
    if not _has_surrogates(joined) and not any(map(_has_long_int, texts)):
        with suppress(ValueError, RecursionError):
            return [value for value in json.loads(joined) if isinstance(value, dict)]
    return [value for text in texts if (value := load_object(text)) is not None]


def wandb_values(config: dict[str, Any]) -> dict[str, Any]:
    """Return W&B's own values in a stored config, its entry `_wandb`; empty if they do not have the usual form."""
    entry = config.get("_wandb")
    values = entry.get("value") if isinstance(entry, dict) else None
    return values if isinstance(values, dict) else {}


def _needs_cleaning(text: str) -> bool:
    return _has_surrogates(text) or _has_long_int(text)


def _has_surrogates(text: str) -> bool:
    """Whether *text* may have surrogates; most texts are known not to without a regular expression."""
    escaped = "\\u" in text and _SURROGATE_ESCAPE.search(text) is not None
    return escaped or (not text.isascii() and _SURROGATE.search(text) is not None)


def _has_long_int(text: str) -> bool:
    """Whether *text* has too many digits in a row; nearly all texts are known not to, block by block, without `re`."""
    starts = range(0, len(text) - _DIGITS_BLOCK + 1, _DIGITS_BLOCK)
    has_block = len(text) > _MAX_INT_DIGITS and any(text[at : at + _DIGITS_BLOCK].isdigit() for at in starts)
    return has_block and _LONG_INT.search(text) is not None


def _parse_int(digits: str) -> float:
    return int(digits) if len(digits) <= _MAX_INT_DIGITS else float(digits)


def _clean(value: Any) -> Any:
    if isinstance(value, str):
        return clean_text(value)
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, dict):
        return {clean_text(key): _clean(item) for key, item in value.items()}
    return value


def is_too_deep(value: Any) -> bool:
    """Whether *value* nests deeper than `MAX_DEPTH`, level by level."""
    depth, level = 0, [value]
    while level and depth <= MAX_DEPTH:
        depth += 1
        level = [
            inner
            for container in level
            for inner in (container.values() if isinstance(container, dict) else container)
            if isinstance(inner, (dict, list))
        ]
    return depth > MAX_DEPTH
