"""What tells a secret from a word, a path or a number: length and randomness."""

from __future__ import annotations

from wandb_nb.capture.secrets.lazy_pattern import lazy_pattern
from wandb_nb.capture.secrets.secret_names import Likelihood

MIN_LENGTH = 8
"""Shorter values are words of everyday text: taking them out would spoil more than it hides."""

MIN_RANDOM = 12
_LONG = 16
_MAX_RANDOM = 4096
_MIN_DIGITS = 2
_CHANGES, _CHANGES_OF_SHORT = 0.25, 0.45  # of the kind of character, per character; words of any case stay below
_MIN_MIXED = 20
_CAPITALS, _CAPITALS_WITHIN = (0.3, 0.7), 0.17
_HEX = lazy_pattern(r"(?=[0-9]{0,40}[a-f])[0-9a-f]{32,}\Z")
_PLACEHOLDER = lazy_pattern(
    r"(?i)<|\{|%\(|%s\Z|\$(?:[A-Z_]+\Z|[{(])|([*x.#\-])\1*\Z|x{4}|\.\.\.|\[[a-z_]+\]"
    r"|your[-_ ]|my[-_ ]|change[-_]?me|(?:insert|enter|replace)[-_ ]"
)
_WORDS = lazy_pattern(r"[A-Za-z_]+[0-9]{0,2}(?:[.\-/: ,][A-Za-z_]*[0-9]{0,2})*[!?]?\Z")
_PATH = lazy_pattern(r"(?:~|\.{1,2})?/[\w.\-]*(?:/|\.\w{1,8}\Z)[\w./\- ]*\Z|[A-Za-z]:\\")
# Not a UUID, a checksum with its name, an address in memory, a date, a path, a URL, or a repetition.
_TOKEN = lazy_pattern(
    r"(?!(?i:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z|(?:sha[0-9]+|md5)[:\-]|0x[0-9a-f]+\Z))"
    r"(?!(?:19|20)[0-9]{2}-?[01][0-9]-?[0-3][0-9](?:[Tt_\-]|\Z)|(?:~|\.{1,2})?/[\w.\-]*/|[a-z0-9]{1,9}://|(.{1,3})\1\1)"
    r"[A-Za-z0-9+/=_\-.~:%]+\Z"
)
_PIECE = lazy_pattern(b"[aA0]{8}")
_KINDS = (
    bytes(
        ord("a" if chr(code).islower() else "A" if chr(code).isupper() else "0" if chr(code).isdigit() else " ")
        for code in range(128)
    )
    + b" " * 128
)


def is_secret(value: str, expected: Likelihood) -> bool:
    """Return whether *value* is a secret, under a name that holds one with the likelihood *expected*."""
    if len(value) < MIN_LENGTH or expected is Likelihood.NONE:
        return False
    if expected is Likelihood.CERTAIN:
        return not is_placeholder(value)
    return is_uncommon(value) if expected is Likelihood.HIGH else is_random(value)


def is_placeholder(value: str) -> bool:
    """Return whether *value* stands for another one, such as `${TOKEN}`, `<your key>` or `xxxxxxxx`."""
    return _PLACEHOLDER.match(value) is not None


def is_uncommon(value: str) -> bool:
    """Return whether *value* is anything but words, a path, an address or a placeholder."""
    if _WORDS.match(value):
        return len(value) >= _MIN_MIXED and is_random(value)
    return not (is_address(value) or is_placeholder(value))


def is_address(value: str) -> bool:
    """Return whether *value* is a path or an address, whose password is found without its name."""
    return "://" in value or _PATH.match(value) is not None


def is_random(value: str) -> bool:
    """Return whether *value* looks generated: long, with kinds of characters that change often."""
    size = len(value)
    if not MIN_RANDOM <= size <= _MAX_RANDOM:
        return False
    kinds = value.encode("ascii", "replace").translate(_KINDS)
    if not (_has_random_digits(value, kinds) or _has_random_case(kinds)):
        return False
    return _PIECE.search(kinds) is not None and _TOKEN.match(value) is not None


def _has_random_digits(value: str, kinds: bytes) -> bool:
    """Return whether digits and letters change places often, or are the digits of a hexadecimal number."""
    if kinds.count(b"0") < _MIN_DIGITS:
        return False
    letters = kinds.replace(b"A", b"a")
    changes = letters.count(b"a0") + letters.count(b"0a") + kinds.count(b"aA")
    enough = _CHANGES if len(value) >= _LONG else _CHANGES_OF_SHORT
    return changes >= enough * len(value) or _HEX.match(value) is not None


def _has_random_case(kinds: bytes) -> bool:
    """Return whether capitals stand anywhere, which they do not in `NamesOfThisForm`."""
    size = len(kinds)
    if size < _MIN_MIXED or kinds.count(b"aA") < _CAPITALS_WITHIN * size:
        return False
    return _CAPITALS[0] <= kinds.count(b"A") / size <= _CAPITALS[1]
