"""`wandb.sdk.lib.runid`: random ids in the form of run ids."""

from __future__ import annotations

import secrets
import string

_ALPHABET = string.ascii_lowercase + string.digits


def generate_id(length: int = 8) -> str:
    """Return *length* random characters of a-z and 0-9; a seeded `random` does not repeat them."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
