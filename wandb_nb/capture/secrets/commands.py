"""Secrets that are given to commands: options, variables that are set, and the entries of `.netrc`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wandb_nb.capture.secrets.known_keys import MARK
from wandb_nb.capture.secrets.lazy_pattern import lazy_pattern
from wandb_nb.capture.secrets.secret_names import is_secret_variable, likelihood
from wandb_nb.capture.secrets.secret_values import is_address, is_placeholder, is_secret, is_uncommon

if TYPE_CHECKING:
    import re

_SETS = ("%env ", "%set_env ", "setenv ", "ENV ")
_SET = lazy_pattern(r"((?:%(?:set_)?env|setenv|ENV)[ \t]{1,8})(\w{1,64})([ \t]{1,8})([^\s'\"$=]\S{7,})")
_OPTION = lazy_pattern(r"--(?<![\w\-]--)(?=[A-Za-z])([A-Za-z0-9_\-]{2,60})([ \t]{1,8}['\"]?)([^\s'\"$\-][^\s'\"]{7,})")
_NETRC = lazy_pattern(
    r"(machine[ \t]{1,8}[^\s=]{1,200}\s{1,8}(?:(?:login|account)\s{1,8}\S{1,200}\s{1,8}){0,2}password\s{1,8})\S{4,}"
)
_LOGIN = lazy_pattern(r"(login[ \t]{1,8}\S{1,200}\s{1,8}password\s{1,8})(\S{8,})")
_SHORT_OPTION = lazy_pattern(r"((?:sshpass|\blogin [^\r\n]{1,80}) -p ?['\"]?)([^\s'\"$\-][^\s'\"]{7,})")


def without_command_secrets(text: str) -> str:
    """Return *text* with the secrets of commands replaced by `[redacted]`."""
    if any(map(text.__contains__, _SETS)):
        text = _SET.sub(_set, text)
    if "--" in text:
        text = _OPTION.sub(_option, text)
    if " -p" in text:
        text = _SHORT_OPTION.sub(rf"\1{MARK}", text)
    return _LOGIN.sub(_login, _NETRC.sub(rf"\1{MARK}", text)) if "password" in text else text


def _set(match: re.Match[str]) -> str:
    secret = is_secret_variable(match[2]) and not is_address(match[4]) and not is_placeholder(match[4])
    return f"{match[1]}{match[2]}{match[3]}{MARK}" if secret else match[0]


def _option(match: re.Match[str]) -> str:
    secret = is_secret(match[3], likelihood(match[1])) and not is_address(match[3])
    return f"--{match[1]}{match[2]}{MARK}" if secret else match[0]


def _login(match: re.Match[str]) -> str:
    return f"{match[1]}{MARK}" if is_uncommon(match[2]) else match[0]
