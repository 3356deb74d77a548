"""The address of a PostgreSQL database, as a user gives it. Its password never becomes part of a message."""

from __future__ import annotations

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from wandb_nb.errors import UsageError

VARIABLE = "WANDB_NB_SERVER_DATABASE"
_SCHEMES = frozenset({"postgresql", "postgres", "postgresql+psycopg"})
_SECRETS = frozenset({"password", "sslpassword"})


def parse_address(address: str, *, is_public: bool = False) -> URL:
    """Return the address of the PostgreSQL database that *address* names.

    With *is_public* others can read it, as they can read the arguments of a process: then it must have no password.

    Raises:
        UsageError: It is not an address of PostgreSQL, or has a password although it is public.

    """
    try:
        url = make_url(address)
    except (ArgumentError, ValueError):
        url = URL.create("")
    # An @ in the host is the end of a password with an @.
    if url.drivername not in _SCHEMES or not url.database or "@" in (url.host or ""):
        raise UsageError(
            "the database's address is not valid; it is postgresql://USER@HOST/DATABASE, with special characters in "
            "user and password as %XX"
        )
    if is_public and (url.password or _SECRETS & url.query.keys()):
        raise UsageError(
            "other users of this machine can read a password on the command line; set the address as "
            f"{VARIABLE} instead, or put the password into ~/.pgpass"
        )
    return url.set(drivername="postgresql+psycopg")


def public_address(url: URL) -> str:
    """Return *url* without its password, for messages."""
    public = url.set(drivername="postgresql", password=None, query={})
    return public.render_as_string()


def without_password(text: str, url: URL) -> str:
    """Return *text*, a driver's message, without the password of *url*, in case it has it."""
    secrets = [str(url.password or ""), *(str(value) for key, value in url.query.items() if key in _SECRETS)]
    for secret in filter(None, secrets):
        text = text.replace(secret, "***")
    return text
