"""API keys: their form, and the sources they come from.

A key comes from the settings (argument, `setup()`, `WANDB_API_KEY`), else from the entry of the server's host in the
netrc file, else from the secrets of Colab and Kaggle. This module never prompts and never prints a key; `Key` hides its
text in repr.
"""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from wandb_nb import host
from wandb_nb.credentials import netrc
from wandb_nb.errors import AuthenticationError

if TYPE_CHECKING:
    from wandb_nb.settings import Resolved

_MIN_LENGTH = 40
_BODY = re.compile(r"[A-Za-z0-9_-]+")
_JWT_PARTS = 3
SECRET_NAME = "WANDB_API_KEY"  # noqa: S105 -- the name of the secret, not the secret


class Key(NamedTuple):
    """An API key and its source."""

    text: str
    source: str

    def __repr__(self) -> str:
        return f"Key(text='(hidden)', source={self.source!r})"


def check_key(key: str, source: str = "the key") -> str:
    """Return *key* if its form is valid: 40 or more letters, digits, _ and - after an optional prefix that ends in "-".

    A web token of three parts is valid too.

    Raises:
        AuthenticationError: The form is invalid. The message does not contain the key.

    """
    if not key:
        raise AuthenticationError(f"{_sentence(source)} is empty; copy the whole key from the server's settings page.")
    if key != key.strip():
        raise AuthenticationError(f"{_sentence(source)} begins or ends with a blank; remove it.")
    parts = key.split(".")
    if len(parts) == _JWT_PARTS and all(map(_BODY.fullmatch, parts)):
        return key
    _, dash, rest = key.partition("-")
    body = rest if dash else key
    if not _BODY.fullmatch(body):
        raise AuthenticationError(f"{_sentence(source)} may hold only letters, digits, '_' and '-' after its prefix.")
    if len(body) < _MIN_LENGTH:
        raise AuthenticationError(
            f"{_sentence(source)} must have {_MIN_LENGTH} or more characters after its prefix, but has {len(body)}."
        )
    return key


def find_key(settings: Resolved) -> Key | None:
    """Return the key for the server in *settings*, or None. Never prompts, and makes no network call of its own.

    Raises:
        AuthenticationError: The key is invalid; the message names its source.
        StoreError: The netrc file cannot be read.

    """
    if settings.api_key is not None:
        key: Key | None = Key(settings.api_key, settings.source("api_key"))
    elif stored := netrc.password(machine(settings.base_url)):
        key = Key(stored, str(netrc.path()))
    else:
        key = _from_secret_store()
    if key is not None:
        check_key(key.text, f"the key from {key.source}")
    return key


def machine(base_url: str) -> str:
    """Return the netrc name of the server at *base_url*: its host, with the port if one is given."""
    from urllib.parse import urlsplit  # init() imports this module but rarely needs a key

    return urlsplit(base_url).netloc.rpartition("@")[2]


def _from_secret_store() -> Key | None:
    """Return the user's secret on Colab or Kaggle, if there is one."""
    if not host.in_notebook():
        return None
    for label, read in (("Colab secrets", _colab_secret), ("Kaggle secrets", _kaggle_secret)):
        try:
            text = read()
        except Exception as error:  # noqa: BLE001 -- each host has its own error classes for a missing or denied secret
            import logging  # only if there is something to log

            logging.getLogger(__name__).info("%s gave no %s: %s", label, SECRET_NAME, type(error).__name__)
            continue
        if text:
            return Key(text.strip(), label)
    return None


def _colab_secret() -> str | None:
    if host.kind() != "colab":
        return None
    return str(import_module("google.colab.userdata").get(SECRET_NAME) or "")


def _kaggle_secret() -> str | None:
    if host.kind() != "kaggle":
        return None
    return str(import_module("kaggle_secrets").UserSecretsClient().get_secret(SECRET_NAME) or "")


def _sentence(source: str) -> str:
    return source[:1].upper() + source[1:]
