"""Attempts that are limited in number for a time, of all server processes on the database together."""

from __future__ import annotations

import hashlib
import math
import time
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from wandb_nb.server.storage.tables import attempts

if TYPE_CHECKING:
    from sqlalchemy import Connection


def wait_seconds(connection: Connection, source: str, limit: int) -> int:
    """Return after how many seconds *source* has fewer than *limit* attempts; 0 for now."""
    now = time.time()
    condition = (attempts.c.source == _digest(source), attempts.c.ends > now)
    query = select(attempts.c.ends).where(*condition).order_by(attempts.c.ends.desc())
    ends = connection.execute(query.offset(limit - 1).limit(1)).scalar()
    return 0 if ends is None else math.ceil(ends - now)


def add_attempt(connection: Connection, source: str, window_seconds: float) -> None:
    """Count an attempt of *source* for *window_seconds*; forget those whose time is over."""
    now = time.time()
    connection.execute(delete(attempts).where(attempts.c.ends <= now))
    connection.execute(insert(attempts).values(source=_digest(source), ends=now + window_seconds))


def _digest(source: str) -> str:
    """Return what is stored of *source*, which may be an address or a key, of any length."""
    return hashlib.sha256(source.encode("utf-8", "backslashreplace")).hexdigest()
