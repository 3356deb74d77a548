"""What keys, tokens and passwords look like in a text.

Three forms: keys of well-known services, passwords in addresses, and what a text itself calls a secret.  The patterns
begin with letters or marks that every match begins with, which `re` finds far faster than it tries a pattern.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

MARK = "[redacted]"
SHORTEST = 8
"""Shorter values are words of everyday text: taking them out would spoil more than it hides."""

_SECRET_NAME = re.compile(
    r"(?i)(?:^|[_\-.])(?:(?:api|access|secret|private|auth|account|encryption|signing)_?key(?:_id)?|key|token|secret|"
    r"password|passwd|passphrase|pwd|credentials?|pat)$|apikey$"
)
_NAMED = r"(?:api_?key|access_?key|secret_?key|private_?key|auth_?key|token|secret|password|passwd|passphrase)"
_NAME_HINTS = ("key", "token", "secret", "passw", "passphrase")
_KEY = r"[A-Za-z0-9_\-]"


def _behind(begins: str) -> str:
    """Return what holds behind *begins* at the start of a word; an escape of a source, or a colour, may precede."""
    return rf"{begins}(?:(?<!\w{begins})|(?<=\\[abfnrtv0]{begins})|(?<=[\d;\[]m{begins}))"


# How a key begins, and how it goes on.
_KEYS = (
    ("wandb_v1_", rf"{_KEY}{{8,}}"),
    ("local-", rf"{_KEY}{{40,}}"),
    ("sk-", rf"(?={_KEY}*\d){_KEY}{{8,}}"),
    ("hf_", r"[A-Za-z0-9]{8,}"),
    *((f"gh{kind}_", r"[A-Za-z0-9]{8,}") for kind in "pousr"),
    ("github_pat_", r"\w{8,}"),
    ("glpat-", rf"{_KEY}{{8,}}"),
    *((f"xox{kind}-", rf"{_KEY}{{8,}}") for kind in "abeoprs"),
    ("AKIA", r"[0-9A-Z]{8,}"),
    ("ASIA", r"[0-9A-Z]{12,}"),
    ("AIza", rf"{_KEY}{{8,}}"),
    ("ya29.", rf"{_KEY}{{8,}}"),
    ("pypi-", rf"{_KEY}{{40,}}"),
    ("npm_", r"[A-Za-z0-9]{20,}"),
    ("sk_live_", rf"{_KEY}{{8,}}"),
    ("rk_live_", rf"{_KEY}{{8,}}"),
    ("eyJ", rf"{_KEY}{{8,}}\.{_KEY}{{8,}}\.{_KEY}*"),
)
_KEY_PATTERNS = tuple((begins, re.compile(_behind(re.escape(begins)) + rest)) for begins, rest in _KEYS)
_BLOCK = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----[^-]*(?:-----END [A-Z ]*PRIVATE KEY-----)?")
_BEARER = re.compile(r"(earer )[A-Za-z0-9_\-.=+/]{8,}")
_IN_ADDRESS = re.compile(rf"(://)(?:[^\s/@:'\"]*:[^\s/@'\"]+|{_KEY}{{20,}})(?=@)")
_HEX = r"[0-9a-f]{40}"
_HEX_KEY = re.compile(rf"{_behind(_HEX)}\b")
_QUOTED = re.compile(r"([:=]\s*[rbufRBUF]*(['\"]))[^\s'\"<>\[\]{}|]{8,}(?=\2)")
_BEFORE_QUOTED = re.compile(rf"(?i){_NAMED}['\"\])]*(?:\s*:\s*[A-Za-z. |\[\]]+)?\s*\Z")
_BEFORE_AT_MOST = 100
_EXPORTED = re.compile(r"((?:%(?:set_)?env|\bexport|\bsetenv)\s+(\w+)\s*[=\s]\s*)[^\s'\"$]{8,}")  # $NAME is no value
_QUERIED = re.compile(rf"(?i)([?&]{_NAMED}=)[^&\s\"'#<>]{{8,}}")


def without_shapes(text: str, keep: Callable[[str], bool]) -> str:
    """Return *text* with all that looks like a secret replaced by `[redacted]`.

    *keep* is asked for texts of the form of a W&B key, which commits have too.  Costs 20 to 100 ns a character.
    """
    for begins, pattern in _KEY_PATTERNS:
        if begins in text:
            text = pattern.sub(MARK, text)
    if "PRIVATE KEY-" in text:
        text = _BLOCK.sub(MARK, text)
    if "earer " in text:
        text = _BEARER.sub(rf"\1{MARK}", text)
    if "://" in text:
        text = _IN_ADDRESS.sub(rf"\1{MARK}", text)
    if len(text) >= SHORTEST and any(map(text.lower().__contains__, _NAME_HINTS)):
        text = _without_named(text)
    return _HEX_KEY.sub(lambda match: match[0] if keep(match[0]) else MARK, text)


@lru_cache(maxsize=4096)
def is_secret_name(name: str) -> bool:
    """Tell whether a variable of that name usually holds a secret."""
    return _SECRET_NAME.search(name) is not None


def _without_named(text: str) -> str:
    """Take out what the text itself calls a secret, in code, in commands and in addresses."""
    text = _QUERIED.sub(rf"\1{MARK}", _QUOTED.sub(_quoted, text))
    return _EXPORTED.sub(_exported, text)


def _quoted(match: re.Match[str]) -> str:
    start = match.start()
    named = _BEFORE_QUOTED.search(match.string, max(0, start - _BEFORE_AT_MOST), start)
    return f"{match[1]}{MARK}" if named else match[0]


def _exported(match: re.Match[str]) -> str:
    return f"{match[1]}{MARK}" if is_secret_name(match[2]) else match[0]
