"""Values that a text itself names a secret: in code, settings files, shells, connection strings and `.netrc`.

A place counts if a name that ends like a secret's is followed by a sign and by enough characters. `re` finds those
places alone, and each is then judged in about a microsecond, so the time is in proportion to the text.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wandb_nb.capture.secrets.known_keys import MARK
from wandb_nb.capture.secrets.secret_names import Likelihood, is_secret_variable, likelihood
from wandb_nb.capture.secrets.secret_values import (
    MIN_RANDOM,
    is_address,
    is_placeholder,
    is_random,
    is_secret,
    is_uncommon,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

_HINTS = (b"key", b"token", b"secret", b"pass", b"pw", b"credential", b"pat", b"auth", b"sig", b"jwt", b"sas", b"sess")
_MAX_NAME = 48
# In lower case. Of a value in quotes eight characters must follow, of one without the fifth may be a sign.
_PLACE = re.compile(
    rb"(?:key(?:_?id)?|token|secret|pass(?:w(?:or)?d|wort|phrase|code|key)?|pwd?|credentials?|pat|auth|sig(?:nature)?"
    rb"|jwt|sas|session(?:_?id)?)"
    rb"(?=[\\'\"\])]{0,4}([ \t]{0,40}[:=][=>]{0,2}|:?['\"]?,(?=[ \t]{0,4}[rbuf]{0,2}\\?['\"])|>)"
    rb"[ \t]{0,40}(?:[rbuf]{1,2}(?=\\?['\"]))?()"
    rb"(?:[^\s'\"`,;&<>(){}\[\]\\|=:]{4}[^\s'\"`,;&<>(){}\[\]\\|]{4}"
    rb"|\\?['\"][^'\"\r\n]{5}[^\r\n]{3}|['\"]{3}[^'\"]{8}))"
)
_TYPES = (b": str", b": optional[", b": bytes", b": secretstr", b":str")
_TYPED = re.compile(
    rb":[ ]?(?:optional\[)?(?:str|bytes|secretstr)\]?(?: \| none| \| str)?[ ]?=[ ]?[rbuf]{0,2}(?=['\"][^'\"\r\n]{8})"
)
_BEFORE_NAMES = frozenset(b"\n\t\"'({[,;?&<$")
_BLANK = ord(" ")
_FIRST_WORDS = (b"api", b"access", b"secret", b"private", b"account")
_NAME_BEGIN = re.compile(rb"[\w.\-]*")  # read backwards
_GENERATED = re.compile(r"\\?['\"]{0,3}([A-Za-z0-9+/_\-.~%]{8,4000}={0,2})")
_QUOTED = re.compile(
    r"\"{3}([^\"]{8,400})\"{3}|'{3}([^']{8,400})'{3}"
    r"|\\\"([^\"\r\n]{8,4000}?)\\\"|\\'([^'\r\n]{8,4000}?)\\'"
    r"|\"([^\"\\\r\n]{0,4000}(?:\\.[^\"\\\r\n]{0,4000}){0,9})(?:\"|\Z)"
    r"|'([^'\\\r\n]{0,4000}(?:\\.[^'\\\r\n]{0,4000}){0,9})(?:'|\Z)"
)
_WORD = re.compile(
    r"[^\s'\"`,;&<>(){}\[\]\\|=:]{8,40}|[^\s'\"`,;&<>(){}\[\]\\|=:]{4,7}[=:][^\s'\"`,;&<>(){}\[\]\\|]{3,24}"
)
_REST = re.compile(r"[^\s'\"`,;&<>(){}\[\]\\|]*")
_MAX_BLANKS = 5
_MAY_HOLD_BLANKS = re.compile(r"(?i)pass|pwd|secret|credential")

_VARIABLES = ("KEY=", "TOKEN=", "PASSWORD=", "PASS=", "PWD=", "SECRET=", "PASSPHRASE=")
_VARIABLE = re.compile(r"^([A-Z][A-Z0-9_]{2,60}=)([^\s'\"$]\S{7,4000})$", re.MULTILINE)
_SETS = ("%env ", "%set_env ", "setenv ", "ENV ")
_SET = re.compile(r"((?:%(?:set_)?env|setenv|ENV)[ \t]{1,8})(\w{1,64})([ \t]{1,8})([^\s'\"$=]\S{7,})")
_COMMANDS = ("export ", "config:set ", "set ", *_SETS)
_MAX_COMMAND = max(map(len, _COMMANDS))
_OPTION = re.compile(r"--(?<![\w\-]--)(?=[A-Za-z])([A-Za-z0-9_\-]{2,60})([ \t]{1,8}['\"]?)([^\s'\"$\-][^\s'\"]{7,})")
_NETRC = re.compile(
    r"(machine[ \t]{1,8}[^\s=]{1,200}\s{1,8}(?:(?:login|account)\s{1,8}\S{1,200}\s{1,8}){0,2}password\s{1,8})\S{4,}"
)
_LOGIN = re.compile(r"(login[ \t]{1,8}\S{1,200}\s{1,8}password\s{1,8})(\S{8,})")


def without_named_values(text: str) -> str:
    """Return *text* with the values that it names a secret replaced by `[redacted]`."""
    lower = text.encode("ascii", "replace").lower()  # as long as the text; `str.lower` may not be
    if not any(hint in lower for hint in _HINTS):
        return text
    if any(kind in lower for kind in _TYPES):
        text = _replaced(text, _typed(text, lower))
        lower = text.encode("ascii", "replace").lower()
    text = _replaced(text, _assigned(text, lower))
    if any(map(text.__contains__, _VARIABLES)):
        text = _VARIABLE.sub(_variable, text)
    if any(map(text.__contains__, _SETS)):
        text = _SET.sub(_set, text)
    if "--" in text:
        text = _OPTION.sub(_option, text)
    return _LOGIN.sub(_login, _NETRC.sub(rf"\1{MARK}", text)) if "password" in text else text


def _replaced(text: str, spans: Iterator[tuple[int, int]]) -> str:
    parts: list[str] = []
    at = 0
    for start, end in spans:
        parts += (text[at:start], MARK)
        at = end
    return "".join((*parts, text[at:])) if parts else text


def _typed(text: str, lower: bytes) -> Iterator[tuple[int, int]]:
    """Yield the values of arguments and attributes that have a type, such as `token: str = "..."`."""
    for place in _TYPED.finditer(lower):
        name = text[_name_start(lower, place.start()) : place.start()]
        span = _quoted(text, place.end(), name, likelihood(name), is_pair=False)
        if span:
            yield span


def _assigned(text: str, lower: bytes) -> Iterator[tuple[int, int]]:
    """Yield where the values of secrets begin and end; *lower* is the text as ASCII in lower case."""
    at = 0
    for place in _PLACE.finditer(lower):
        start, name_end = place.span()
        if start < at:
            continue
        name_start = _name_start(lower, start)
        expected = likelihood(text[name_start:name_end])
        if not expected:
            continue
        value_start = place.start(2)
        if expected is Likelihood.LOW:
            is_query = lower[name_start - 1] in b"?&" if name_start else False
            if not is_query and _BLANK in lower[value_start : value_start + MIN_RANDOM]:
                continue
            span = _generated(text, value_start, is_query)
        elif lower[value_start] in b"'\"\\":
            span = _quoted(text, value_start, text[name_start:name_end], expected, place[1].endswith(b","))
        else:
            span = _plain(text, name_start, value_start, expected, place[1])
        if span:
            yield span
            at = span[1]


def _name_start(lower: bytes, end: int) -> int:
    """Return where the name begins that ends like a secret's from *end* on."""
    before = lower[end - 1] if end else _BLANK
    if before in _BEFORE_NAMES:
        return end
    if before == _BLANK:
        first = lower[max(0, end - _MAX_NAME) : max(0, end - 1)]
        return next((end - 1 - len(word) for word in _FIRST_WORDS if first.endswith(word)), end)
    begin = _NAME_BEGIN.match(lower[max(0, end - _MAX_NAME) : end][::-1])
    return end - begin.end() if begin else end


def _generated(text: str, start: int, is_query: bool) -> tuple[int, int] | None:
    """Return where the value is that looks generated; in the query of an address any but words."""
    found = _GENERATED.match(text, start)
    if found is None or not (is_random(found[1]) or (is_query and is_uncommon(found[1]))):
        return None
    return None if text[found.end() : found.end() + 1] in ("(", "[") else found.span(1)


def _quoted(text: str, start: int, name: str, expected: Likelihood, is_pair: bool) -> tuple[int, int] | None:
    """Return where the value in quotes is, if it is a secret; *is_pair* is true behind a comma, as in a list."""
    found = _QUOTED.match(text, start)
    if found is None or found.lastindex is None:
        return None
    value = found[found.lastindex]
    if value.startswith((",", ")", "]")):  # the quote was the end of a text, not the begin
        return None
    if value.count(" ") > (_MAX_BLANKS if _MAY_HOLD_BLANKS.search(name) else 0) or is_address(value):
        return None
    secret = is_secret(value, expected) and (not is_pair or is_uncommon(value))
    return found.span(found.lastindex) if secret else None


def _plain(text: str, name_start: int, start: int, expected: Likelihood, sign: bytes) -> tuple[int, int] | None:
    """Return where the value without quotes is, if it is a secret and neither code nor prose."""
    found = _WORD.match(text, start)
    if found is None:
        return None
    word, end = found[0], found.end()
    following = text[end : end + 1]
    if following in ("(", "["):
        return None
    if not is_uncommon(word):
        is_value = expected is Likelihood.CERTAIN and _is_whole(text, name_start, following, word, sign)
        is_value = is_value or text[max(0, name_start - _MAX_COMMAND) : name_start].endswith(_COMMANDS)
        if not is_value or is_address(word) or is_placeholder(word):
            return None
    rest = _REST.match(text, end)
    return start, rest.end() if rest else end


def _is_whole(text: str, name_start: int, following: str, word: str, sign: bytes) -> bool:
    """Return whether nothing but a value can stand here: in an address, a connection string, or a line of settings."""
    before = text[name_start - 1] if name_start else "\n"
    if sign == b"=" and (following == ";" or before in "?&"):
        return True
    is_line = before == "\n" and following in ("", "\n", "\r")
    return is_line and (word.count("-") > 1 or (b"=" in sign and word.isalpha()))


def _variable(match: re.Match[str]) -> str:
    name, value = match[1], match[2]
    expected = likelihood(name[:-1])
    secret = expected and not is_address(value) and is_secret(value, max(expected, Likelihood.HIGH))
    return f"{name}{MARK}" if secret else match[0]


def _set(match: re.Match[str]) -> str:
    secret = is_secret_variable(match[2]) and not is_address(match[4]) and not is_placeholder(match[4])
    return f"{match[1]}{match[2]}{match[3]}{MARK}" if secret else match[0]


def _option(match: re.Match[str]) -> str:
    secret = is_secret(match[3], likelihood(match[1])) and not is_address(match[3])
    return f"--{match[1]}{match[2]}{MARK}" if secret else match[0]


def _login(match: re.Match[str]) -> str:
    return f"{match[1]}{MARK}" if is_uncommon(match[2]) else match[0]
