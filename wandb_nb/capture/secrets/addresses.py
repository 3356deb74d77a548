"""Passwords, tokens and signatures in addresses."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wandb_nb.capture.secrets.known_keys import MARK
from wandb_nb.capture.secrets.lazy_pattern import lazy_pattern
from wandb_nb.capture.secrets.secret_values import is_placeholder

if TYPE_CHECKING:
    import re

# A password may hold `@` and `/`, but not two slashes: the search from one `://` ends before the next. What follows the
# last `@` is a host. Digits before a slash are a port.
_PASSWORD = lazy_pattern(
    r"(://)([^\s/@:'\"<>\[]{0,128}):(?![0-9]{1,5}[/?#])"
    r"([^\s/'\"<>]*(?:/(?!/)[^\s/'\"<>?]*){0,8})@(?=[\w\[{$])(?!sha[0-9]+:)"
)
_USER = lazy_pattern(r"(://)(?=[A-Za-z_\-]{0,200}[0-9])[A-Za-z0-9_\-]{20,200}:?(?=@)")
_WEBHOOK = lazy_pattern(
    r"((?:hooks\.slack\.com/(?:services|workflows|triggers)|discord(?:app)?\.com/api/webhooks|"
    r"webhook\.office\.com/webhookb2|hooks\.zapier\.com/hooks/catch)/)[\w\-/@.]{8,}"
)
_TIME = lazy_pattern(r"[0-9]{1,2}:[0-9]{2}\Z")


def without_passwords(text: str) -> str:
    """Return *text* with the passwords in addresses replaced by `[redacted]`, and the user that goes with them."""
    if "://" in text and "@" in text:
        text = _USER.sub(rf"\1{MARK}", _PASSWORD.sub(_password, text))
    if "hook" in text:
        text = _WEBHOOK.sub(rf"\1{MARK}", text)
    return text


def _password(match: re.Match[str]) -> str:
    user, password = match[2], match[3]
    if _TIME.match(f"{user}:{password}") or is_placeholder(password):
        return match[0]
    return f"{match[1]}{MARK}@"
