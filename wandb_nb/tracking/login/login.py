"""`login()`: sees to it that there is a key for the server, and stores the one that it is given."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from wandb_nb import host as place
from wandb_nb.credentials import SECRET_NAME, check_key, find_key, machine, netrc
from wandb_nb.errors import UsageError
from wandb_nb.formatting import clean
from wandb_nb.settings import resolve, save, user_file
from wandb_nb.tracking.login.prompt import ask_hidden
from wandb_nb.tracking.setup import current

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wandb_nb.settings import Resolved


def login(  # noqa: PLR0917 - the documented order of arguments
    key: str | None = None,
    host: str | None = None,
    relogin: bool | None = None,
    timeout: float | None = None,
    verify: bool = False,
    anonymous: str | bool | None = None,
    force: bool | None = None,
) -> bool:
    """Make sure that there is a key for the server and return whether there is one.

    A *key* that is given is stored in the netrc file, and a *host* (its address) in the user's settings file, for this
    and later programs. Without *key* a key found already will do unless *relogin*; else the user is asked, hidden, for
    *timeout* seconds if given, at a terminal or in a notebook. Where nobody can answer: UsageError if *force*, else a
    line that says what to do, and False. It never blocks there.

    With *verify* the server is asked whose key it is before anything is stored: AuthenticationError where it does not
    accept the key, CommError where it does not answer. Without, no network call is made.
    AuthenticationError also for a key that cannot be one, StoreError if it can't be stored.
    """
    arguments = {"base_url": host, "anonymous": anonymous, "login_timeout": timeout}
    settings = resolve(
        {}, given={name: value for name, value in arguments.items() if value is not None}, setup=current()
    )
    tell = _silence if settings.silent else _tell
    if key is None and not relogin and (found := find_key(settings)) is not None:
        word = _word(settings, found.text) if verify else "the key was not checked"
        tell(f"Logged in to {settings.base_url} with the key from {found.source}; {word}.")
        _keep_host(settings, host)
        return True
    if key is None:
        key = _ask(settings, tell, force=bool(force))
    if key is None:
        return False
    check_key(key)
    word = _word(settings, key) if verify else "the server was not asked whether it accepts it"
    tell(f"The key for {settings.base_url} is stored in {_store(settings, key, host)}; {word}.")
    return True


def _word(settings: Resolved, key: str) -> str:
    """Return what the server says of *key*, or raise what it refuses the key with."""
    from wandb_nb.tracking.session.sync_handle import account  # most logins need no server

    return f"it belongs to {clean(account(settings.replace('login(key=)', api_key=key)), 100)}"


def _store(settings: Resolved, key: str, host: str | None) -> Path:
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
            f"No key for {settings.base_url}, and nobody can be asked here. Set {SECRET_NAME} or call login(key=...)."
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


def _tell(line: str) -> None:
    sys.stderr.write(f"wandb_nb: {line}\n")


def _silence(_line: str) -> None:
    """Say nothing, as `silent` asks."""
