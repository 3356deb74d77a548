"""Views of a project's table of runs, saved under a name for oneself or for all who see the project."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import and_, delete, func, insert, or_, select, update

from wandb_nb.errors import UsageError
from wandb_nb.server.storage.storage_errors import NotFoundError, PermissionDeniedError
from wandb_nb.server.storage.tables import users, views
from wandb_nb.server.storage.users import Right

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from wandb_nb.server.storage.project_store import Project
    from wandb_nb.server.storage.users import User

MAX_VIEWS = 100  # of a user in a project
MAX_NAME = 64
_MAX_QUERY = 16_000


class SavedView(NamedTuple):
    """A view as one user sees it: *query* is that of the address of the project's page."""

    id: int
    name: str
    query: str
    shared: bool
    owner: str
    may_delete: bool


def list_views(connection: Connection, user: User, project: Project) -> list[SavedView]:
    """Return the views of *user* in *project*, and those that others share, by name."""
    columns = (views.c.id, views.c.name, views.c.query, views.c.shared, users.c.name.label("owner"), views.c.user_id)
    condition = and_(views.c.project_id == project.id, or_(views.c.user_id == user.id, views.c.shared))
    query = select(*columns).join(users, users.c.id == views.c.user_id).where(condition)
    rows = connection.execute(query.order_by(views.c.name, views.c.id))
    return [
        SavedView(row.id, row.name, row.query, row.shared, row.owner, _may_delete(user, project, row.user_id))
        for row in rows
    ]


def save_view(connection: Connection, user: User, project: Project, name: str, query: str, *, shared: bool) -> None:
    """Save *query* under *name*; it replaces the view of *user* with this name.

    Raises:
        PermissionDeniedError: *user* is not a member of the project, or shares a view without write access.
        UsageError: The name cannot be used, the address is too long, or the user has too many views.

    """
    if not may_save(user, project) or (shared and project.right < Right.WRITE):
        raise PermissionDeniedError("permission denied: members save views, and those with write access share them")
    if not 0 < len(name) <= MAX_NAME or not name.isprintable():
        raise UsageError(f"a view's name has 1 to {MAX_NAME} characters and no control characters; choose another one")
    if len(query) > _MAX_QUERY:
        raise UsageError(f"the address of a view has at most {_MAX_QUERY} characters; choose fewer columns")
    own = and_(views.c.project_id == project.id, views.c.user_id == user.id)
    changed = connection.execute(update(views).where(own, views.c.name == name).values(query=query, shared=shared))
    if changed.rowcount:
        return
    if connection.execute(select(func.count()).select_from(views).where(own)).scalar_one() >= MAX_VIEWS:
        raise UsageError(f"you have {MAX_VIEWS} views of this project; delete one first")
    values = {"name": name, "query": query, "shared": shared, "created": time.time()}
    connection.execute(insert(views).values(project_id=project.id, user_id=user.id, **values))


def delete_view(connection: Connection, user: User, project: Project, view_id: str) -> None:
    """Delete a view of *user*, or a shared one if *user* is the project's administrator.

    Raises:
        NotFoundError: There is no such view for *user*.
        PermissionDeniedError: It belongs to another user.

    """
    view = next((view for view in list_views(connection, user, project) if str(view.id) == view_id), None)
    if view is None:
        raise NotFoundError("there is no such view in this project; load its page again")
    if not view.may_delete:
        raise PermissionDeniedError(f"permission denied: this view belongs to {view.owner}; ask its owner to delete it")
    connection.execute(delete(views).where(views.c.id == view.id))


def may_save(user: User, project: Project) -> bool:
    """Whether *user* may save views of *project*."""
    return project.member and not user.visitor


def _may_delete(user: User, project: Project, owner_id: int) -> bool:
    return may_save(user, project) and (owner_id == user.id or project.right >= Right.ADMIN)
