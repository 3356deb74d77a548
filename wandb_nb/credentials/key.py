"""The key of an account: its form, and where it is found.

A key is looked for in the settings (argument, `setup()`, `WANDB_API_KEY`), then in the netrc file under the server's
host, then among the secrets of Colab and Kaggle. Nobody is asked for it. Keys are never printed; `Key` hides its text
in repr.
"""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from wandb_nb import host as place
from wandb_nb.credentials import netrc
from wandb_nb.errors import AuthenticationError

if TYPE_CHECKING:
    from wandb_nb.settings import Resolved

_MIN_LENGTH = 40
_BODY = re.compile(r"[A-Za-z0-9_-]+")
_JWT_PARTS = 3
SECRET_NAME = "WANDB_API_KEY"  # noqa: S105 - the name of the secret, not the secret


class Key(NamedTuple):
    """An API key and where it was found."""

    text: str
    source: str

    def __repr__(self) -> str:
        return f"Key(text='(hidden)', source={self.source!r})"


def check_key(key: str, source: str = "the key") -> str:
    """Return *key* if it has the form of one, else raise AuthenticationError, which never shows it.

    After an optional prefix that ends with the first dash there are 40 or more letters, digits, _ and -. A web token of
    three parts passes too.
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
    """Return the key for the server in *settings*, or None. Asks nobody and does no network call of its own.

    AuthenticationError for a key that cannot be one, naming where it stands; StoreError for an unreadable netrc file.
    """
    if settings.api_key is not None:
        found: Key | None = Key(settings.api_key, settings.source("api_key"))
    elif stored := netrc.password(machine(settings.base_url)):
        found = Key(stored, str(netrc.path()))
    else:
        found = _from_secret_store()
    if found is not None:
        check_key(found.text, f"the key from {found.source}")
    return found


def machine(base_url: str) -> str:
    """Return the netrc name of the server at *base_url*: its host, with the port where one is given."""
    from urllib.parse import urlsplit  # init() imports this module, and seldom needs a key

    return urlsplit(base_url).netloc.rpartition("@")[2]


def _from_secret_store() -> Key | None:
    """Return the user's secret on Colab or Kaggle, where the host offers it."""
    if not place.in_notebook():
        return None
    for label, read in (("Colab secrets", _colab_secret), ("Kaggle secrets", _kaggle_secret)):
        try:
            text = read()
        except Exception as error:  # noqa: BLE001 - the host's own errors, of classes of its own: not granted, not there
            import logging  # only where there is something to log

            logging.getLogger(__name__).info("%s gave no %s: %s", label, SECRET_NAME, type(error).__name__)
            continue
        if text:
            return Key(text.strip(), label)
    return None


def _colab_secret() -> str | None:
    if place.kind() != "colab":
        return None
    return str(import_module("google.colab.userdata").get(SECRET_NAME) or "")


def _kaggle_secret() -> str | None:
    if place.kind() != "kaggle":
        return None
    return str(import_module("kaggle_secrets").UserSecretsClient().get_secret(SECRET_NAME) or "")


def _sentence(source: str) -> str:
    return source[:1].upper() + source[1:]
