"""API keys. A user may have several; each ends by itself, with the logins and upload addresses that it obtained.

A key has 160 random bits, so its plain SHA-256 is stored: it cannot be guessed from that, and finding its user is one
index lookup.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, update

from wandb_nb.errors import UsageError
from wandb_nb.server.storage.tables import api_keys, users

if TYPE_CHECKING:
    from sqlalchemy import Connection

MAX_KEYS, MAX_NAME = 20, 64
_KEY_BYTES = 20
_LOGIN_LENGTH = 32
_PREFIX_LENGTH = len("local-") + 4


def new_key() -> str:
    """Return a new random key in the form that official clients of every version accept."""
    return f"local-{secrets.token_hex(_KEY_BYTES)}"


def hash_key(key: str) -> str:
    """Return what is stored of *key*."""
    return hashlib.sha256(key.encode("utf-8", "backslashreplace")).hexdigest()


def derive_login(key_hash: str) -> str:
    """Return what cookies and upload addresses carry of a key; it cannot serve as one."""
    return hash_key(f"login {key_hash}")[:_LOGIN_LENGTH]


def add_key(connection: Connection, user_id: int, key: str, name: str = "") -> None:
    """Let *key* stand for the user; *name* reminds the user of what it is for.

    Raises:
        UsageError: The user has too many keys, or the name is too long.

    """
    if len(name) > MAX_NAME or not (name.isprintable() or not name):
        raise UsageError(f"the name of a key has at most {MAX_NAME} characters and no control characters")
    if _count(connection, user_id) >= MAX_KEYS:
        raise UsageError(f"an account has at most {MAX_KEYS} keys; revoke one first")
    values = {"key_hash": hash_key(key), "prefix": key[:_PREFIX_LENGTH], "name": name, "created": time.time()}
    connection.execute(insert(api_keys).values(user_id=user_id, **values))


def list_keys(connection: Connection, user_id: int) -> list[Any]:
    """Return the rows of the user's keys, oldest first."""
    return list(connection.execute(select(api_keys).where(api_keys.c.user_id == user_id).order_by(api_keys.c.id)))


def revoke_key(connection: Connection, user_id: int, key_id: int) -> None:
    """End the key with that id of the user; logins, login links and upload addresses of it end, too.

    Raises:
        UsageError: The user has no such key, or no other one.

    """
    if _count(connection, user_id) == 1:
        raise UsageError("this is your only key; create another one first")
    condition = (api_keys.c.user_id == user_id, api_keys.c.id == key_id)
    if not connection.execute(delete(api_keys).where(*condition)).rowcount:
        raise UsageError("you have no such key; load the page again")
    end_links(connection, user_id)


def replace_keys(connection: Connection, user_id: int, key: str) -> None:
    """Replace all keys of the user by *key*; what they obtained ends."""
    connection.execute(delete(api_keys).where(api_keys.c.user_id == user_id))
    add_key(connection, user_id, key)
    end_links(connection, user_id)


def end_links(connection: Connection, user_id: int) -> None:
    """End the login links of the user that were made before now."""
    connection.execute(update(users).where(users.c.id == user_id).values(key_changed=time.time()))


def _count(connection: Connection, user_id: int) -> int:
    return connection.execute(select(func.count()).where(api_keys.c.user_id == user_id)).scalar() or 0
