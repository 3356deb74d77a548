"""Values that a text itself names a secret: in code, settings files and connection strings.

A place counts if a name that ends like a secret's is followed by a sign and by enough characters. `re` finds those
places alone, and each is then judged in about a microsecond, so the time is in proportion to the text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wandb_nb.capture.secrets.known_keys import MARK
from wandb_nb.capture.secrets.lazy_pattern import lazy_pattern
from wandb_nb.capture.secrets.secret_names import Likelihood, likelihood
from wandb_nb.capture.secrets.secret_values import (
    is_address,
    is_placeholder,
    is_random,
    is_secret,
    is_uncommon,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_HINTS = ("key", "token", "secret", "pass", "pw", "credential", "pat", "auth", "sig", "jwt", "sas", "sess")
_SIGNS = "=:,>"
_MAX_NAME = 48
# Parts of patterns for text in lower case: what assigns, and what begins a value. A word behind a colon is prose, one
# before another sign is a name. From its fifth character on, a value may contain signs itself.
_SIGN = (
    r"[\\'\"\])]{0,4}([ \t]{0,40}(?:=[=>]{0,2}|:[=>]|:(?=[ \t]{0,40}(?![a-z_]{1,24}[\s,])))"
    r"|:?['\"]?,(?=[ \t]{0,4}[rbuf]{0,2}\\?['\"])|>)[ \t]{0,40}(?:[rbuf]{1,2}(?=\\?['\"]))?()"
)
_VALUE = (
    r"(?:(?![a-z_]{8,24}[=:])[^\s'\"`,;&<>(){}\[\]\\|=:]{4}[^\s'\"`,;&<>(){}\[\]\\|]{4}"
    r"|\\?['\"][^'\"\\\r\n]{5}[^\r\n]{3}|['\"]{3}[^'\"]{8})"
)
# `key` and `token` are in every text. Alone, not as in `api_key`, they count only before a digit.
_DIGIT_FOLLOWS = r"(?=[^a-z0-9\r\n]{1,48}(?:[rbuf]{1,2}['\"])?[a-z+/_\-.~%]{0,32}[0-9])"
_PLACE = lazy_pattern(
    rf"(?:key(?:_?id|_base|(?<=[\w.\-]key)|{_DIGIT_FOLLOWS})|token(?:(?<=[\w.\-]token)|{_DIGIT_FOLLOWS})|secret"
    r"|pass(?:w(?:or)?d|wort|phrase|code|key)?|pwd?|credentials?|pat|auth|sig(?:nature)?|jwt|sas|session(?:_?id)?)"
    rf"(?={_SIGN}{_VALUE})"
)
_TYPES = (": str", ": optional[", ": bytes", ": secretstr", ":str")
_TYPED = lazy_pattern(
    r":[ ]?(?:optional\[)?(?:str|bytes|secretstr)\]?(?: \| none| \| str)?[ ]?=[ ]?[rbuf]{0,2}(?=['\"][^'\"\r\n]{8})"
)
_BEFORE_NAMES = frozenset("\n\t\"'({[,;?&<$=:")
_BLANK = " "
_FIRST_WORDS = ("api", "access", "secret", "private", "account")
_MAX_FIRST_WORD = max(map(len, _FIRST_WORDS))
_NAME_BEGIN = lazy_pattern(r"[\w.\-]*")  # read backwards
_GENERATED = lazy_pattern(r"\\?['\"]{0,3}([A-Za-z0-9+/_\-.~%]{8,4000}={0,2})")
_QUOTED = lazy_pattern(
    r"\"{3}([^\"]{8,400})\"{3}|'{3}([^']{8,400})'{3}"
    r"|\\\"([^\"\r\n]{8,4000}?)\\\"|\\'([^'\r\n]{8,4000}?)\\'"
    r"|\"([^\"\\\r\n]{0,4000}(?:\\.[^\"\\\r\n]{0,4000}){0,9})(?:\"|\Z)"
    r"|'([^'\\\r\n]{0,4000}(?:\\.[^'\\\r\n]{0,4000}){0,9})(?:'|\Z)"
)
_WORD = lazy_pattern(
    r"[^\s'\"`,;&<>(){}\[\]\\|=:]{8,40}|[^\s'\"`,;&<>(){}\[\]\\|=:]{4,7}[=:][^\s'\"`,;&<>(){}\[\]\\|]{3,24}"
)
_REST = lazy_pattern(r"[^\s'\"`,;&<>(){}\[\]\\|]*")
_MAX_BLANKS = 5
_MAY_HOLD_BLANKS = lazy_pattern(r"(?i)pass|pwd|secret|credential")

# Of a list of variables, as in manifests.
_PAIR = lazy_pattern(
    r"name['\"]?: ?['\"]?([\w.\-]{3,60})['\"]?(,? |,?\n {0,20})['\"]?value['\"]?: ?['\"]?([^\s'\",]{8,400})"
)
_VARIABLES = ("KEY=", "TOKEN=", "PASSWORD=", "PASS=", "PWD=", "SECRET=", "PASSPHRASE=")
_VARIABLE = lazy_pattern(r"^([A-Z][A-Z0-9_]{2,60}=)([^\s'\"$]\S{7,4000})$", re.MULTILINE)
_COMMANDS = ("export ", "config:set ", "set ", "%env ", "%set_env ", "setenv ", "ENV ")
_MAX_COMMAND = max(map(len, _COMMANDS))


def without_named_values(text: str) -> str:
    """Return *text* with the values that it names a secret replaced by `[redacted]`."""
    if not any(map(text.__contains__, _SIGNS)):
        return text
    lower = _lower(text)
    if not any(map(lower.__contains__, _HINTS)):
        return text
    if any(map(lower.__contains__, _TYPES)):
        text = _replaced(text, _typed(text, lower))
        lower = _lower(text)
    text = _replaced(text, _assigned(text, lower))
    if any(map(text.__contains__, _VARIABLES)):
        text = _VARIABLE.sub(_variable, text)
    return _PAIR.sub(_pair, text) if "value" in lower and "name" in lower else text


def _lower(text: str) -> str:
    """Return *text* in lower case, with a question mark for what is not ASCII: `str.lower` may change the length."""
    return text.lower() if text.isascii() else text.encode("ascii", "replace").lower().decode("ascii")


def _replaced(text: str, spans: Iterator[tuple[int, int]]) -> str:
    parts: list[str] = []
    at = 0
    for start, end in spans:
        parts += (text[at:start], MARK)
        at = end
    return "".join((*parts, text[at:])) if parts else text


def _typed(text: str, lower: str) -> Iterator[tuple[int, int]]:
    """Yield the values of arguments and attributes that have a type, such as `token: str = "..."`."""
    for place in _TYPED.finditer(lower):
        name = text[_name_start(lower, place.start()) : place.start()]
        span = _quoted(text, place.end(), name, likelihood(name), is_pair=False)
        if span:
            yield span


def _assigned(text: str, lower: str) -> Iterator[tuple[int, int]]:
    """Yield where the values of secrets begin and end; *lower* is the text as ASCII in lower case."""
    at = 0
    for place in _PLACE.finditer(lower):
        start = place.start()
        if start < at:
            continue
        span = _judge(text, lower, place)
        if span:
            yield span
            at = span[1]


def _judge(text: str, lower: str, place: re.Match[str]) -> tuple[int, int] | None:
    """Return where the value at *place* is, if it is a secret."""
    name_start, value_start, sign = _name_start(lower, place.start()), place.end(2), place[1]
    name = text[name_start : place.end()]
    expected = likelihood(name)
    if expected is Likelihood.NONE:
        return None
    if expected is Likelihood.LOW:
        is_query = text[max(0, name_start - 1) : name_start] in ("?", "&")
        return _generated(text, value_start, is_query)
    if lower[value_start] in "'\"\\":
        return _quoted(text, value_start, name, expected, sign.endswith(","))
    return _plain(text, name_start, value_start, expected, sign)


def _name_start(lower: str, end: int) -> int:
    """Return where the name begins that ends like a secret's from *end* on."""
    before = lower[end - 1] if end else _BLANK
    if before in _BEFORE_NAMES:
        return end
    if before == _BLANK:
        first = lower[max(0, end - _MAX_FIRST_WORD - 1) : max(0, end - 1)]
        if not first.endswith(_FIRST_WORDS):
            return end
        return next(end - 1 - len(word) for word in _FIRST_WORDS if first.endswith(word))
    begin = _NAME_BEGIN.match(lower[max(0, end - _MAX_NAME) : end][::-1])
    return end - begin.end() if begin else end


def _generated(text: str, start: int, is_query: bool) -> tuple[int, int] | None:
    """Return where the value is that looks generated; in the query of an address any but words."""
    match = _GENERATED.match(text, start)
    if match is None or not (is_random(match[1]) or (is_query and is_uncommon(match[1]))):
        return None
    return None if text[match.end() : match.end() + 1] in ("(", "[") else match.span(1)


def _quoted(text: str, start: int, name: str, expected: Likelihood, is_pair: bool) -> tuple[int, int] | None:
    """Return where the value in quotes is, if it is a secret; *is_pair* is true behind a comma, as in a list."""
    match = _QUOTED.match(text, start)
    if match is None or match.lastindex is None:
        return None
    value = match[match.lastindex]
    if value.startswith((",", ")", "]")):  # the quote was the end of a text, not the begin
        return None
    if value.count(" ") > (_MAX_BLANKS if _MAY_HOLD_BLANKS.search(name) else 0) or is_address(value):
        return None
    secret = is_secret(value, expected) and (not is_pair or is_uncommon(value))
    return match.span(match.lastindex) if secret else None


def _plain(text: str, name_start: int, start: int, expected: Likelihood, sign: str) -> tuple[int, int] | None:
    """Return where the value without quotes is, if it is a secret and neither code nor prose."""
    match = _WORD.match(text, start)
    if match is None:
        return None
    word, end = match[0], match.end()
    following = text[end : end + 1]
    if following in ("(", "[") or (sign.endswith(">") and following != "<"):
        return None
    if not is_uncommon(word):
        is_value = expected is Likelihood.CERTAIN and _is_whole(text, name_start, following, word, sign)
        is_value = is_value or text[max(0, name_start - _MAX_COMMAND) : name_start].endswith(_COMMANDS)
        if not is_value or is_address(word) or is_placeholder(word):
            return None
    rest = _REST.match(text, end)
    return start, rest.end() if rest else end


def _is_whole(text: str, name_start: int, following: str, word: str, sign: str) -> bool:
    """Return whether nothing but a value can stand here: in an address, a connection string, or a line of settings."""
    before = text[name_start - 1] if name_start else "\n"
    if sign == "=" and (following == ";" or before in "?&;" or text[name_start : name_start + 5].isupper()):
        return True
    is_line = before == "\n" and following in ("", "\n", "\r")
    return is_line and (word.count("-") > 1 or ("=" in sign and word.isalpha()))


def _variable(match: re.Match[str]) -> str:
    name, value = match[1], match[2]
    expected = likelihood(name[:-1])
    secret = expected and not is_address(value) and is_secret(value, max(expected, Likelihood.HIGH))
    return f"{name}{MARK}" if secret else match[0]


def _pair(match: re.Match[str]) -> str:
    secret = is_secret(match[3], likelihood(match[1])) and not is_address(match[3])
    return match[0][: match.start(3) - match.start()] + MARK if secret else match[0]
