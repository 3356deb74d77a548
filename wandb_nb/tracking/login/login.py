"""`login()`: makes sure that there is a key for the server, and stores a given one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wandb_nb import host as host_info
from wandb_nb.credentials import SECRET_NAME, check_key, find_key, machine, netrc
from wandb_nb.errors import UsageError
from wandb_nb.formatting import clean
from wandb_nb.settings import resolve, save, user_file
from wandb_nb.tracking.login.prompt import ask_hidden
from wandb_nb.tracking.setup import current
from wandb_nb.tracking.terminal.stderr import prefixed, write_line

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wandb_nb.settings import Resolved


def login(  # noqa: PLR0917 -- the documented order of arguments
    key: str | None = None,
    host: str | None = None,
    relogin: bool | None = None,
    timeout: float | None = None,
    verify: bool = False,
    anonymous: str | bool | None = None,
    force: bool | None = None,
    referrer: str | None = None,  # noqa: ARG001 -- which page sent the user; a part of the signature only
) -> bool:
    """Make sure that there is a key for the server and return whether there is one.

    A given *key* is stored in the netrc file, and a given *host* (the address) in the user's settings file, for this
    and later programs. Without *key* an existing key is used unless *relogin*; else the user is asked with hidden
    input, at a terminal or in a notebook, for *timeout* seconds if given. Where nobody can answer, it never blocks: it
    prints what to do and returns False. With *verify* the server is asked whose key it is before anything is stored;
    without, no network call is made.

    Raises:
        AuthenticationError: The key has an impossible form, or the server does not accept it.
        CommError: The server does not answer.
        StoreError: The key cannot be stored.
        UsageError: There is no key, with *force*.

    """
    arguments = {"base_url": host, "anonymous": anonymous, "login_timeout": timeout}
    settings = resolve(
        {}, settings={name: value for name, value in arguments.items() if value is not None}, setup=current()
    )
    report = _ignore if settings.silent else _print
    if key is None and not relogin and (stored := find_key(settings)) is not None:
        owner = _owner(settings, stored.text) if verify else "the key was not checked"
        report(f"logged in to {settings.base_url} with the key from {stored.source}; {owner}")
        _store_host(settings, host)
        return True
    if key is None:
        key = _ask(settings, report, force=bool(force))
    if key is None:
        return False
    check_key(key)
    owner = _owner(settings, key) if verify else "the server was not asked whether it accepts it"
    report(f"the key for {settings.base_url} is stored in {_store(settings, key, host)}; {owner}")
    return True


def _owner(settings: Resolved, key: str) -> str:
    """Return a phrase that names the account of *key*, as the server reports it."""
    from wandb_nb.tracking.online.sync_handle import account_name  # most logins need no server

    return f"it belongs to {clean(account_name(settings.replace('login(key=)', api_key=key)), 100)}"


def _store(settings: Resolved, key: str, host: str | None) -> Path:
    stored = netrc.store(machine(settings.base_url), key)
    _store_host(settings, host)
    return stored


def _store_host(settings: Resolved, host: str | None) -> None:
    if host is not None:
        save(user_file(settings.config_dir), {"base_url": settings.base_url})


def _ask(settings: Resolved, report: Callable[[str], None], *, force: bool) -> str | None:
    """Return a key of the right form that the user typed, or None."""
    if not host_info.interactive_input_possible():
        text = (
            f"there is no key for {settings.base_url} and no input is possible here: "
            f"set {SECRET_NAME} or call login(key=...)"
        )
        if force:
            raise UsageError(text)
        report(f"{text}; runs stay offline")
        return None
    answer = ask_hidden(f"API key for {settings.base_url} (hidden, Enter to skip): ", settings.login_timeout)
    if answer is None or not answer.strip():
        if force:
            raise UsageError(f"no key for {settings.base_url} was entered; call login(key=...)")
        report("no key was entered; runs stay offline")
        return None
    return check_key(answer.strip())


def _print(line: str) -> None:
    write_line(prefixed(line))


def _ignore(_line: str) -> None:
    """Print nothing, as `silent` asks."""
