"""Names that can be part of an address, and ids in the form that clients expect."""

from __future__ import annotations

import base64
import binascii
import re

from wandb_nb.errors import UsageError

_LONGEST = 128
_DIGITS = 19
_PLAIN = re.compile(r"[^\x00-\x1f\x7f/\\]+")


def checked(name: str, what: str) -> str:
    """Return *name* if it can be part of an address: no slashes, control characters, "." or "..", 128 at most."""
    if len(name) > _LONGEST or name in {".", ".."} or not _PLAIN.fullmatch(name):
        raise UsageError(
            f"The {what} {name[:40]!r} cannot be used: it needs 1 to {_LONGEST} characters, no slashes or control ones."
        )
    return name


def global_id(kind: str, number: int) -> str:
    """Return the GraphQL id of the thing of *kind* with that *number*."""
    return base64.b64encode(f"{kind}:{number}".encode()).decode()


def local_id(kind: str, text: str) -> int | None:
    """Return the number in a GraphQL id of *kind*; None where *text* is none."""
    try:
        name, _, number = base64.b64decode(text, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeError, ValueError):
        return None
    return int(number) if name == kind and number.isdecimal() and len(number) < _DIGITS else None
