"""Checks of names that become part of addresses, and ids in the form that clients expect."""

from __future__ import annotations

import base64
import binascii
import re

from wandb_nb.errors import UsageError

_MAX_NAME = 128
_MAX_DIGITS = 18
_ALLOWED = re.compile(r"[^\x00-\x1f\x7f/\\]+")


def check_name(name: str, kind: str) -> str:
    """Return *name*, which becomes part of addresses.

    Raises:
        UsageError: It is "." or "..", is longer than 128 characters, or has slashes or control characters.

    """
    if len(name) > _MAX_NAME or name in {".", ".."} or not _ALLOWED.fullmatch(name):
        raise UsageError(
            f"the {kind} {name[:40]!r} cannot be used: choose 1 to {_MAX_NAME} characters without slashes or "
            "control characters"
        )
    return name


def global_id(kind: str, number: int) -> str:
    """Return the GraphQL id of the object of *kind* with that *number*."""
    return base64.b64encode(f"{kind}:{number}".encode()).decode()


def parse_global_id(kind: str, text: str) -> int | None:
    """Return the number in a GraphQL id of *kind*; None if *text* is not one."""
    name, number = split_global_id(text)
    return number if name == kind else None


def split_global_id(text: str) -> tuple[str, int | None]:
    """Return kind and number of a GraphQL id; an empty kind and None if *text* is not one."""
    try:
        kind, _, number = base64.b64decode(text, validate=True).decode().rpartition(":")
    except (binascii.Error, UnicodeError, ValueError):
        return "", None
    return (kind, int(number)) if number.isdecimal() and len(number) <= _MAX_DIGITS else ("", None)
