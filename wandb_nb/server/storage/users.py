"""Users, their logins, and what each may do with a project.

Users may do everything in the entity of their own name, admins everything everywhere, others what their
membership of a project or of its team allows. Every user can read an open project.
"""

from __future__ import annotations

import hmac
import secrets
import time
from enum import IntEnum
from functools import cache
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, bindparam, delete, insert, select, update

from wandb_nb.errors import UsageError
from wandb_nb.server.storage.accounts.api_keys import add_key, derive_login, hash_key, list_keys, replace_keys
from wandb_nb.server.storage.accounts.former_names import check_unused, current_name
from wandb_nb.server.storage.database import inserted_id
from wandb_nb.server.storage.tables import (
    api_keys,
    entity_names,
    members,
    projects,
    sessions,
    team_members,
    teams,
    users,
)

if TYPE_CHECKING:
    from sqlalchemy import Connection

ANONYMOUS_PREFIX = "anonymous-"
"""Of the names of accounts that belong to nobody; see `anonymous_accounts`."""
_MAX_SESSIONS = 100  # of a user; a further one ends the oldest


class Right(IntEnum):
    """What a user may do with a project; each right includes those below it."""

    NONE = 0
    READ = 1
    WRITE = 2
    ADMIN = 3


class User(NamedTuple):
    """A user. The user's own entity has the user's name; *team* is the team that is the default entity instead.

    *login* is derived from one of the user's keys, for cookies and upload addresses to carry: they end with the key,
    and *login* cannot serve as one. It is empty for a user without a key. A *visitor* has the link of an anonymous
    account: it may read what is the account's, and nothing else. *saves_code* is the default of `save_code`.
    """

    id: int
    name: str
    admin: bool
    login: str
    visitor: bool = False
    team: str | None = None
    saves_code: bool = False

    @property
    def entity(self) -> str:
        """The entity of runs that name none."""
        return self.team or self.name

    @property
    def is_anonymous(self) -> bool:
        """Whether this is an account that belongs to nobody."""
        return self.name.startswith(ANONYMOUS_PREFIX)


def add_user(connection: Connection, name: str, key: str, admin: bool = False) -> int:
    """Add a user with *key*; return the user's id.

    Raises:
        UsageError: A team had the name before.

    """
    check_unused(connection, name)
    user_id = inserted_id(connection.execute(insert(users).values(name=name, admin=admin)))
    add_key(connection, user_id, key)
    connection.execute(insert(entity_names).values(name=name, user_id=user_id))
    return user_id


def user_by_key(connection: Connection, key: str) -> User | None:
    """Return the user with *key*."""
    row = connection.execute(_select_by_key(), {"of_hash": hash_key(key)}).first()
    return _as_user(row) if row is not None else None


def user_by_id(connection: Connection, user_id: int) -> User | None:
    """Return the user with that id."""
    return _find_user(connection, users.c.id == user_id)


def user_by_name(connection: Connection, name: str) -> User | None:
    """Return the user with that name."""
    return _find_user(connection, users.c.name == name)


def user_by_link(connection: Connection, name: str, created: float) -> User | None:
    """Return the user with that name, if the key has not changed since the Unix time *created* of a login link."""
    return _find_user(connection, (users.c.name == name) & (users.c.key_changed < created))


def user_by_login(connection: Connection, user_id: int, login: str) -> User | None:
    """Return the user with that id, if *login* is derived from one of the user's present keys."""
    logins = (derive_login(key.key_hash) for key in list_keys(connection, user_id))
    if not any(hmac.compare_digest(present, login) for present in logins):
        return None
    user = user_by_id(connection, user_id)
    return user._replace(login=login) if user is not None else None


def begin_session(connection: Connection, user: User) -> str:
    """Begin a session of a browser of *user*; return its random id."""
    session = secrets.token_hex(16)
    connection.execute(insert(sessions).values(id=session, user_id=user.id, created=time.time()))
    newest = select(sessions.c.id).where(sessions.c.user_id == user.id).order_by(sessions.c.created.desc())
    outdated = sessions.c.id.not_in(newest.limit(_MAX_SESSIONS))
    connection.execute(delete(sessions).where(sessions.c.user_id == user.id, outdated))
    return session


def end_session(connection: Connection, session: str) -> None:
    """End a session; its cookie is not valid any more."""
    connection.execute(delete(sessions).where(sessions.c.id == session))


def user_by_session(connection: Connection, user_id: int, login: str, session: str) -> User | None:
    """Return the user with that id, if the session has not ended and *login* is derived from a present key."""
    query = select(sessions.c.id).where(sessions.c.id == session, sessions.c.user_id == user_id)
    return user_by_login(connection, user_id, login) if connection.execute(query).first() is not None else None


def list_users(connection: Connection) -> list[Any]:
    """Return the rows of all users, by name."""
    return list(connection.execute(select(users).order_by(users.c.name)))


def set_key(connection: Connection, name: str, key: str) -> None:
    """Replace the user's keys; logins, login links and upload addresses of the old ones end.

    Raises:
        UsageError: There is no such user.

    """
    user = user_by_name(connection, name)
    if user is None:
        raise UsageError(f"there is no user {name!r} on this server")
    replace_keys(connection, user.id, key)


def set_code_saving(connection: Connection, user: User, wanted: bool) -> None:
    """Let code be saved with the runs of *user* that leave it open, or not."""
    connection.execute(update(users).where(users.c.id == user.id).values(saves_code=wanted))


def membership(connection: Connection, user: User, project: Any) -> Right:
    """Return what *user* may do with *project*, a row of the table of projects, whether or not it is open."""
    if user.visitor:
        return Right.READ if project.entity == user.name else Right.NONE
    if user.admin or project.entity == user.name:
        return Right.ADMIN
    query = select(members.c.level).where(members.c.project_id == project.id, members.c.user_id == user.id)
    return max(Right(connection.execute(query).scalar() or 0), team_right(connection, user, project.entity))


def entity_right(connection: Connection, user: User, entity: str) -> Right:
    """Return what *user* may do with all projects of *entity*, those that do not exist yet among them."""
    if user.visitor:
        return Right.NONE
    is_own = user.admin or entity == user.name
    return Right.ADMIN if is_own else team_right(connection, user, current_name(connection, entity))


def team_right(connection: Connection, user: User, entity: str) -> Right:
    """Return the right of *user* as a member of the team named *entity*; none if it is not a team."""
    of_member = select(team_members.c.level).join(teams, teams.c.id == team_members.c.team_id)
    query = of_member.where(teams.c.name == entity, team_members.c.user_id == user.id)
    return Right(connection.execute(query).scalar() or 0)


def set_right(connection: Connection, entity: str, project: str, user: str, right: Right) -> None:
    """Set what *user* may do with the project.

    Raises:
        UsageError: There is no such project or user.

    """
    project_id = project_id_of(connection, entity, project)
    user_id = connection.execute(select(users.c.id).where(users.c.name == user)).scalar()
    if user_id is None:
        raise UsageError(f"there is no user {user!r}; add one with `wandb-nb server users {user}`")
    condition = (members.c.project_id == project_id, members.c.user_id == user_id)
    connection.execute(delete(members).where(*condition))
    if right:
        connection.execute(insert(members).values(project_id=project_id, user_id=user_id, level=int(right)))


def list_members(connection: Connection, project_id: int) -> list[tuple[str, Right]]:
    """Return the members of the project and their rights, by name."""
    query = select(users.c.name, members.c.level).join(members, members.c.user_id == users.c.id)
    rows = connection.execute(query.where(members.c.project_id == project_id).order_by(users.c.name))
    return [(row.name, Right(row.level)) for row in rows]


def set_open(connection: Connection, entity: str, project: str, is_open: bool) -> None:
    """Let every user of the server read the project, or only its members.

    Raises:
        UsageError: There is no such project.

    """
    project_id = project_id_of(connection, entity, project)
    connection.execute(update(projects).where(projects.c.id == project_id).values(open=is_open))


def project_id_of(connection: Connection, entity: str, project: str) -> int:
    """Return the id of the project.

    Raises:
        UsageError: There is no such project.

    """
    condition = (projects.c.entity == entity, projects.c.name == project)
    project_id = connection.execute(select(projects.c.id).where(*condition)).scalar()
    if project_id is None:
        raise UsageError(f"there is no project {entity}/{project} on this server")
    return int(project_id)


def _find_user(connection: Connection, condition: Any) -> User | None:
    row = connection.execute(_select_user(condition)).first()
    return _as_user(row) if row is not None else None


@cache  # building it takes longer than executing it
def _select_by_key() -> Any:
    return _select_user(api_keys.c.key_hash == bindparam("of_hash"))


def _select_user(condition: Any) -> Any:
    is_default = and_(team_members.c.user_id == users.c.id, team_members.c.is_default)
    with_team = users.outerjoin(team_members, is_default).outerjoin(teams, teams.c.id == team_members.c.team_id)
    query = select(users, teams.c.name.label("team"), api_keys.c.key_hash).where(condition).order_by(api_keys.c.id)
    return query.select_from(with_team.outerjoin(api_keys)).limit(1)


def _as_user(row: Any) -> User:
    login = derive_login(row.key_hash) if row.key_hash is not None else ""
    return User(row.id, row.name, row.admin, login, team=row.team, saves_code=row.saves_code)
