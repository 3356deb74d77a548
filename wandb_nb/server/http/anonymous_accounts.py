"""Anonymous accounts: users without a person, for programs that have no key. A server gives them only if started so.

They are users whose names begin with `PREFIX`, with rights in their own entity only: not even open projects are theirs
to read. What they may store is limited, and an account without news for `RETENTION_SECONDS` is deleted with its runs.
"""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, or_, select, update

from wandb_nb.server.storage.accounts.api_keys import new_key
from wandb_nb.server.storage.run_store import delete_run
from wandb_nb.server.storage.shared.attempts import add_attempt, wait_seconds
from wandb_nb.server.storage.storage_errors import PermissionDeniedError, TooLargeError
from wandb_nb.server.storage.tables import contents, projects, runs, users
from wandb_nb.server.storage.users import ANONYMOUS_PREFIX, add_user

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from wandb_nb.server.storage.users import User

MAX_ACCOUNTS, MAX_PER_ADDRESS, WINDOW_SECONDS = 1_000, 10, 3_600.0
MAX_BYTES = 200 << 20
"""Of posts, queries and files of one account."""
RETENTION_SECONDS = 30 * 86_400.0


class AnonymousAccounts:
    """Gives accounts, if *enabled*."""

    def __init__(self, *, enabled: bool = False) -> None:
        self.enabled = enabled

    def create(self, connection: Connection, address: str) -> tuple[int, str]:
        """Return the id and the key of a new account for a program at *address*.

        Raises:
            PermissionDeniedError: There are too many.

        """
        source = f"account address {address}"
        if wait_seconds(connection, source, MAX_PER_ADDRESS):
            raise PermissionDeniedError("there were too many anonymous accounts from this address; try again later")
        is_anonymous = users.c.name.startswith(ANONYMOUS_PREFIX, autoescape=True)
        number = connection.execute(select(func.count()).select_from(users).where(is_anonymous)).scalar() or 0
        if not self.enabled or number >= MAX_ACCOUNTS:
            raise PermissionDeniedError("this server gives no more anonymous accounts; log in with a key")
        add_attempt(connection, source, WINDOW_SECONDS)
        key = new_key()
        name = f"{ANONYMOUS_PREFIX}{secrets.token_hex(6)}"
        return add_user(connection, name, key), key


def spend(connection: Connection, user: User, size: int) -> None:
    """Count *size* bytes that *user* stores, if it is an anonymous account.

    Raises:
        TooLargeError: The account has used what it may.

    """
    if not user.is_anonymous:
        return
    spent = users.c.spent_bytes + size
    paid = update(users).where(users.c.id == user.id, spent <= MAX_BYTES).values(spent_bytes=spent)
    if not connection.execute(paid).rowcount:
        raise TooLargeError(f"an anonymous account may store {MAX_BYTES >> 20} MiB; log in with a key")


def delete_expired(connection: Connection, before: float) -> tuple[list[Any], list[str]]:
    """Delete the accounts whose runs all had their last sign of life before the Unix time *before*, with their runs.

    Returns the rows of the runs and the blobs of their files and artifacts. An account without runs is left.
    """
    is_anonymous = users.c.name.startswith(ANONYMOUS_PREFIX, autoescape=True)
    newest = select(users.c.id, users.c.name).join(runs, runs.c.user_id == users.c.id).where(is_anonymous)
    expired = connection.execute(newest.group_by(users.c.id).having(func.max(runs.c.heartbeat) < before)).all()
    rows: list[Any] = []
    blobs: list[str] = []
    for user in expired:
        projects_of = select(projects.c.id).where(projects.c.entity == user.name)
        is_own = or_(runs.c.user_id == user.id, runs.c.project_id.in_(projects_of))
        own = connection.execute(select(runs).where(is_own)).all()
        rows += own
        for row in own:
            blobs += delete_run(connection, row.id)
        blobs += connection.execute(select(contents.c.blob).where(contents.c.project_id.in_(projects_of))).scalars()
        connection.execute(delete(projects).where(projects.c.entity == user.name))
        connection.execute(delete(users).where(users.c.id == user.id))
    return rows, blobs
