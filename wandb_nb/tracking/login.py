"""The key of an account: its form, where it is found, and `login()`, which stores it.

A key is looked for in the settings (argument, `setup()`, `WANDB_API_KEY`), then in the netrc file under the server's
host, then among the secrets of Colab and Kaggle. Nobody is asked for it but by an explicit `login()`.
Keys are never printed; `Key` hides its text in repr.
"""

from __future__ import annotations

import re
import sys
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from wandb_nb import host as place
from wandb_nb.errors import AuthenticationError, UsageError
from wandb_nb.settings import Settings, resolve, save, user_file
from wandb_nb.tracking import netrc
from wandb_nb.tracking.prompt import ask_hidden

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from wandb_nb.settings import Resolved

_SHORTEST = 40
_BODY = re.compile(r"[A-Za-z0-9_-]+")
_JWT_PARTS = 3
_SECRET_NAME = "WANDB_API_KEY"  # noqa: S105 - the name of the secret, not the secret


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
    if len(body) < _SHORTEST:
        raise AuthenticationError(
            f"{_sentence(source)} must have {_SHORTEST} or more characters after its prefix, but has {len(body)}."
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


def login(  # noqa: PLR0917 - the documented order of arguments
    key: str | None = None,
    host: str | None = None,
    relogin: bool | None = None,
    timeout: float | None = None,
    verify: bool = False,
    anonymous: str | bool | None = None,
    force: bool | None = None,
    *,
    setup: Settings | Mapping[str, object] | None = None,
) -> bool:
    """Make sure that there is a key for the server and return whether there is one.

    A *key* that is given is stored in the netrc file, and a *host* (its address) in the user's settings file, for this
    and later programs. Without *key* a key found already will do unless *relogin*; else the user is asked, hidden, for
    *timeout* seconds if given, at a terminal or in a notebook. Where nobody can answer: UsageError if *force*, else a
    line that says what to do, and False. It never blocks there.

    *verify* asks for the server's word on the key, which this version cannot get: UsageError, and nothing is stored.
    AuthenticationError for a key that cannot be one, StoreError if it can't be stored.
    """
    if verify:
        raise UsageError(
            "verify=True: this version cannot ask a server whether it accepts a key; call login() without it."
        )
    arguments = {"base_url": host, "anonymous": anonymous, "login_timeout": timeout}
    settings = resolve({}, given={name: value for name, value in arguments.items() if value is not None}, setup=setup)
    tell = _silence if settings.silent else _tell
    if key is None and not relogin and (found := find_key(settings)) is not None:
        tell(f"Logged in to {settings.base_url} with the key from {found.source}; the key was not checked.")
        _keep_host(settings, host)
        return True
    if key is None:
        key = _ask(settings, tell, force=bool(force))
    if key is None:
        return False
    stored = _store(settings, key, host)
    tell(f"The key for {settings.base_url} is stored in {stored}; the server was not asked whether it accepts it.")
    return True


def _store(settings: Resolved, key: str, host: str | None) -> Path:
    check_key(key)
    stored = netrc.store(machine(settings.base_url), key)
    _keep_host(settings, host)
    return stored


def _keep_host(settings: Resolved, host: str | None) -> None:
    if host is not None:
        save(user_file(settings.config_dir), {"base_url": settings.base_url})


def _ask(settings: Resolved, tell: Callable[[str], None], *, force: bool) -> str | None:
    """Return a key of the right form that the user typed, or None."""
    if not place.interactive_input_possible():
        text = (
            f"No key for {settings.base_url}, and nobody can be asked here. Set {_SECRET_NAME} or call login(key=...)."
        )
        if force:
            raise UsageError(text)
        tell(f"{text} Runs stay offline.")
        return None
    answer = ask_hidden(f"API key for {settings.base_url} (hidden, Enter to skip): ", settings.login_timeout)
    if answer is None or not answer.strip():
        if force:
            raise UsageError(f"No key for {settings.base_url} was entered.")
        tell("No key was entered; runs stay offline.")
        return None
    return check_key(answer.strip())


def _from_secret_store() -> Key | None:
    """Return the user's secret on Colab or Kaggle, where the host offers it."""
    if not place.in_notebook():
        return None
    for label, read in (("Colab secrets", _colab_secret), ("Kaggle secrets", _kaggle_secret)):
        try:
            text = read()
        except Exception as error:  # noqa: BLE001 - the host's own errors, of classes of its own: not granted, not there
            import logging  # only where there is something to log

            logging.getLogger(__name__).info("%s gave no %s: %s", label, _SECRET_NAME, type(error).__name__)
            continue
        if text:
            return Key(text.strip(), label)
    return None


def _colab_secret() -> str | None:
    if place.kind() != "colab":
        return None
    return str(import_module("google.colab.userdata").get(_SECRET_NAME) or "")


def _kaggle_secret() -> str | None:
    if place.kind() != "kaggle":
        return None
    return str(import_module("kaggle_secrets").UserSecretsClient().get_secret(_SECRET_NAME) or "")


def _sentence(source: str) -> str:
    return source[:1].upper() + source[1:]


def _tell(line: str) -> None:
    sys.stderr.write(f"wandb_nb: {line}\n")


def _silence(_line: str) -> None:
    """Say nothing, as `silent` asks."""
