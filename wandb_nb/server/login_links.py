"""Login links: each logs one browser in, once, within minutes, without the key. Needs no package of the server.

A link is a file in the server's private data folder, so whoever may read the key may make one, and a restart forgets
nothing. The file's name is a digest of the token, and whoever deletes the file has used the link. The token is in the
fragment of the address, which browsers send to no server, proxy or referred page: programs that follow links do not
use it up.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import time
from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from wandb_nb.server.process import public_url, url_of

if TYPE_CHECKING:
    from pathlib import Path

VALID_SECONDS = 600.0
FIRST_USER = "local"
_FOLDER = "login-links"
_TOKEN_BYTES = 32
_MAX_TOKEN = 100


class UsedLink(NamedTuple):
    """Whom a link logs in, and when it was made, in Unix time; a key that changed later ends it."""

    user: str
    created: float


def new_link(folder: Path, user: str = FIRST_USER) -> str:
    """Return a new address that logs in as *user* at the server on *folder*, once, within `VALID_SECONDS`.

    Behind a proxy it is one of the proxy, which the operator names.
    """
    links = folder / _FOLDER
    links.mkdir(mode=0o700, exist_ok=True)
    _delete_expired(links)
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    content = json.dumps({"user": user, "expires": time.time() + VALID_SECONDS})
    with os.fdopen(os.open(_path(links, token), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(content)
    return f"{public_url() or url_of(folder)}/login#{token}"


def use_link(folder: Path, token: str) -> UsedLink | None:
    """Return whom *token* logs in, and end the link; None if it was used, has expired, or never existed."""
    if not 0 < len(token) <= _MAX_TOKEN:
        return None
    path = _path(folder / _FOLDER, token)
    try:
        content = json.loads(path.read_text("utf-8"))
        path.unlink()  # of two requests one succeeds
    except (OSError, ValueError):
        return None
    created = content["expires"] - VALID_SECONDS
    return UsedLink(str(content["user"]), created) if time.time() < content["expires"] else None


def _path(links: Path, token: str) -> Path:
    return links / hashlib.sha256(token.encode("utf-8", "backslashreplace")).hexdigest()


def _delete_expired(links: Path) -> None:
    oldest = time.time() - VALID_SECONDS
    for path in links.iterdir():
        with suppress(OSError):  # used meanwhile
            if path.stat().st_mtime < oldest:
                path.unlink()
