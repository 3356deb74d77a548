"""Plain values as YAML text, for config.yaml. Loading a YAML package takes longer than the whole end of a run."""

from __future__ import annotations

import json
import re
from typing import Any

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_/.-]*(?: [A-Za-z0-9_/.-]+)*")
_WORDS = frozenset({"y", "n", "yes", "no", "true", "false", "on", "off", "null"})
_ESCAPED = re.compile("[\x7f-\x9f\u2028\u2029\ufeff\ufffe\uffff\ud800-\udfff]")
_INDENT = "    "
_MAX_KEY = 120  # YAML has longer keys in the explicit form only


def to_yaml(values: dict[str, Any]) -> str:
    """Return *values* as a YAML document in block style, keys sorted; it contains JSON values only."""
    return "".join(f"{line}\n" for line in _block(values)) if values else "{}\n"


def _block(value: Any) -> list[str]:
    """Return the lines of a dict or list that is not empty."""
    if isinstance(value, dict):
        return [line for key in sorted(value) for line in _member(_scalar(key), value[key])]
    return [line for item in value for line in _entry("-", item, "  ")]


def _member(key: str, value: Any) -> list[str]:
    if len(key) <= _MAX_KEY:
        return _entry(f"{key}:", value, _INDENT)
    return [f"? {key}", *_entry(":", value, _INDENT)]


def _entry(head: str, value: Any, indent: str) -> list[str]:
    if isinstance(value, (dict, list)) and value:
        return [head, *(indent + line for line in _block(value))]
    return [f"{head} {_scalar(value)}"]


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        if _PLAIN.fullmatch(value) and value.lower() not in _WORDS:
            return value
        return _ESCAPED.sub(lambda match: f"\\u{ord(match[0]):04x}", json.dumps(value, ensure_ascii=False))
    if isinstance(value, float):
        return _float(value)
    return json.dumps(value)  # a number, true, false, null, {} or []


def _float(value: float) -> str:
    if value - value != 0.0:
        return ".nan" if value != value else ".inf" if value > 0 else "-.inf"  # noqa: PLR0124 -- true for NaN only
    text = repr(value)
    return text.replace("e", ".0e") if "e" in text and "." not in text else text
