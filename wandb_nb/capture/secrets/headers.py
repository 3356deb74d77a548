"""Credentials of HTTP: authorization headers, cookies, and what `curl -u` and `requests` take."""

from __future__ import annotations

import binascii
from base64 import b64decode
from typing import TYPE_CHECKING

from wandb_nb.capture.secrets.known_keys import MARK
from wandb_nb.capture.secrets.lazy_pattern import lazy_pattern
from wandb_nb.capture.secrets.secret_values import is_placeholder, is_random, is_uncommon

if TYPE_CHECKING:
    import re

_VALUE = r"[A-Za-z0-9_\-.=+/~:]"
_SIGN = r"['\"\])\\]{0,4}[ \t]{0,4}[:=,][ \t]{0,4}[fbru]?\\?['\"]?"
_AUTHORIZATION = lazy_pattern(rf"(uthorization{_SIGN})([A-Za-z][A-Za-z\-]{{2,19}} )?([^\s'\"\\,;]{{8,}})")
_BEARER = lazy_pattern(rf"(earer )({_VALUE}{{8,}})")
_BASIC = lazy_pattern(r"(asic )([A-Za-z0-9+/_\-]{8,}={0,2})(?![\w+/=])")
_COOKIE = lazy_pattern(rf"(ookie{_SIGN})([^'\"\r\n\\]{{8,}})")
_CURL_USER = lazy_pattern(r"( (?:-u|--user|--proxy-user)[ =]['\"]?[\w.@\-]{1,100}:)[^\s'\"]{3,}")
_AUTH_PAIR = lazy_pattern(
    r"(auth\s?=\s?(?:HTTP\w{1,10}Auth)?\(\s?['\"][^'\"\n]{0,100}['\"],\s?['\"])[^'\"\n]{8,200}(?=['\"])"
)
_SEPARATORS = lazy_pattern("[=; ,|]+")


def without_header_secrets(text: str) -> str:
    """Return *text* with the credentials in HTTP headers replaced by `[redacted]`."""
    if "uthorization" in text:
        text = _AUTHORIZATION.sub(_authorization, text)
    if "earer " in text:
        text = _BEARER.sub(lambda match: f"{match[1]}{MARK}" if is_uncommon(match[2]) else match[0], text)
    if "asic " in text:
        text = _BASIC.sub(lambda match: f"{match[1]}{MARK}" if _is_basic(match[2]) else match[0], text)
    if "ookie" in text:
        text = _COOKIE.sub(_cookie, text)
    if "curl" in text:
        text = _CURL_USER.sub(rf"\1{MARK}", text)
    return _AUTH_PAIR.sub(rf"\1{MARK}", text) if "auth" in text else text


def _authorization(match: re.Match[str]) -> str:
    before, scheme, value = match[1], match[2] or "", match[3]
    is_code = value.endswith(("(", ")", "}", "]")) or is_placeholder(value)
    if is_code or not (scheme or is_uncommon(value)) or value.startswith(MARK):
        return match[0]
    return f"{before}{scheme}{MARK}"


def _is_basic(value: str) -> bool:
    """Return whether *value* is `user:password` in Base64."""
    try:
        return b":" in b64decode(value + "=" * (-len(value) % 4), validate=True)
    except (binascii.Error, ValueError):
        return False


def _cookie(match: re.Match[str]) -> str:
    secret = any(is_random(part) for part in _SEPARATORS.split(match[2]))
    return f"{match[1]}{MARK}" if secret else match[0]
