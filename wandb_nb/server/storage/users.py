"""Users, their keys, and what each may do with a project.

A key is random with 160 bits, so its plain hash is kept: nothing can be guessed from it, and looking it up is one
index read. A user may do everything with the projects of the entity that has the user's name, an admin of the server
with all; others what their membership says. An open project can be read by every user.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from enum import IntEnum
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import delete, insert, select, update

from wandb_nb.errors import CommError, UsageError
from wandb_nb.server.storage.tables import members, projects, users

if TYPE_CHECKING:
    from sqlalchemy import Connection, CursorResult

_KEY_BYTES = 20
_LOGIN_LETTERS = 32


class PermissionDeniedError(CommError):
    """The user may not do that with this project."""


class Right(IntEnum):
    """What a user may do with a project; each right holds those below it."""

    NONE = 0
    READ = 1
    WRITE = 2
    ADMIN = 3


class User(NamedTuple):
    """Who calls. The user's own entity has the user's name."""

    id: int
    name: str
    admin: bool


def new_key() -> str:
    """Return a new random key in the form that official clients of every version take."""
    return f"local-{secrets.token_hex(_KEY_BYTES)}"


def add_user(connection: Connection, name: str, key: str, admin: bool = False) -> int:
    """Add a user who has *key*; return the id."""
    added = connection.execute(insert(users).values(name=name, key_hash=_hashed(key), admin=admin))
    return made_id(added)


def user_by_key(connection: Connection, key: str) -> User | None:
    """Return the user who has *key*."""
    return _user(connection, users.c.key_hash == _hashed(key))


def user_by_id(connection: Connection, user: int) -> User | None:
    """Return the user with that id."""
    return _user(connection, users.c.id == user)


def login_of(key: str) -> str:
    """Return what a login with *key* remembers of it: enough to end when the key does, of no use as a key."""
    return _login(_hashed(key))


def user_by_login(connection: Connection, user: int, login: str) -> User | None:
    """Return the user with that id, if the login was made with the key that the user still has."""
    kept = connection.execute(select(users.c.key_hash).where(users.c.id == user)).scalar()
    return user_by_id(connection, user) if kept is not None and hmac.compare_digest(_login(kept), login) else None


def list_users(connection: Connection) -> list[Any]:
    """Return the rows of all users, by name."""
    return list(connection.execute(select(users).order_by(users.c.name)))


def set_key(connection: Connection, name: str, key: str) -> None:
    """Let the user have *key* in place of the one before, whose logins end. UsageError where there is no such user."""
    changed = update(users).where(users.c.name == name).values(key_hash=_hashed(key))
    if not connection.execute(changed).rowcount:
        raise UsageError(f"There is no user {name!r}.")


def membership(connection: Connection, user: User, project: Any) -> Right:
    """Return what *user* may do with *project*, a row of the table of projects, apart from its being open."""
    if user.admin or project.entity == user.name:
        return Right.ADMIN
    which = select(members.c.level).where(members.c.project_id == project.id, members.c.user_id == user.id)
    return Right(connection.execute(which).scalar() or 0)


def may_create(user: User, entity: str) -> bool:
    """Whether *user* may make projects of *entity*."""
    return user.admin or entity == user.name


def set_right(connection: Connection, entity: str, project: str, user: str, level: Right) -> None:
    """Let *user* do what *level* says with the project. UsageError where either is not there."""
    project_id = _project_id(connection, entity, project)
    user_id = connection.execute(select(users.c.id).where(users.c.name == user)).scalar()
    if user_id is None:
        raise UsageError(f"There is no user {user!r}; `wandb-nb server users {user}` adds one.")
    which = (members.c.project_id == project_id, members.c.user_id == user_id)
    connection.execute(delete(members).where(*which))
    if level:
        connection.execute(insert(members).values(project_id=project_id, user_id=user_id, level=int(level)))


def list_members(connection: Connection, project: int) -> list[tuple[str, Right]]:
    """Return who has a right of its own in the project with that number, by name."""
    query = select(users.c.name, members.c.level).join(members, members.c.user_id == users.c.id)
    found = connection.execute(query.where(members.c.project_id == project).order_by(users.c.name))
    return [(row.name, Right(row.level)) for row in found]


def set_open(connection: Connection, entity: str, project: str, is_open: bool) -> None:
    """Let every user of the server read the project, or only its members. UsageError where it is not there."""
    number = _project_id(connection, entity, project)
    connection.execute(update(projects).where(projects.c.id == number).values(open=is_open))


def _project_id(connection: Connection, entity: str, project: str) -> int:
    which = (projects.c.entity == entity, projects.c.name == project)
    found = connection.execute(select(projects.c.id).where(*which)).scalar()
    if found is None:
        raise UsageError(f"There is no project {entity}/{project} on this server.")
    return int(found)


def _user(connection: Connection, which: Any) -> User | None:
    row = connection.execute(select(users.c.id, users.c.name, users.c.admin).where(which)).first()
    return User(row.id, row.name, row.admin) if row else None


def made_id(added: CursorResult[Any]) -> int:
    """Return the id of the row that was inserted."""
    key: Any = added.inserted_primary_key
    return int(key[0])


def _login(key_hash: str) -> str:
    return _hashed(f"login {key_hash}")[:_LOGIN_LETTERS]


def _hashed(key: str) -> str:
    return hashlib.sha256(key.encode("utf-8", "backslashreplace")).hexdigest()
