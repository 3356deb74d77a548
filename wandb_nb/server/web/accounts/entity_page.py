"""An entity's page: its projects and, for members of a team, who else is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

from wandb_nb.errors import UsageError
from wandb_nb.server.http.file_urls import page_path
from wandb_nb.server.http.services import services_of
from wandb_nb.server.storage.accounts.teams import find_team, list_team_members, set_team_right
from wandb_nb.server.storage.project_store import list_projects
from wandb_nb.server.storage.storage_errors import NotFoundError, PermissionDeniedError
from wandb_nb.server.storage.users import Right, entity_right
from wandb_nb.server.web.actions import answer_form
from wandb_nb.server.web.forms import Form, first_value
from wandb_nb.server.web.render import answer_page, render_page

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from wandb_nb.server.storage.users import User

MAX_PROJECTS = 1_000
RIGHTS = {"read": Right.READ, "write": Right.WRITE, "admin": Right.ADMIN, "none": Right.NONE}


async def entity(request: Request) -> Response:
    """`GET /<entity>`."""
    return await answer_page(request, _entity)


def _entity(request: Request, user: User) -> Response:
    name = request.path_params["entity"]
    with services_of(request).database.read() as connection:
        right = entity_right(connection, user, name)
        is_team = right >= Right.READ and find_team(connection, name) is not None
        members = list_team_members(connection, name) if is_team else []
        projects = list_projects(connection, user, name, limit=MAX_PROJECTS)
    if not projects and not is_team and name != user.name:
        raise NotFoundError("there is no such entity on this server, or you may not see it")
    values = {"entity": name, "projects": projects, "is_team": is_team, "members": members}
    return render_page(request, "entity.html", user, **values, rights=RIGHTS, may_manage=right >= Right.ADMIN)


async def change_member(request: Request) -> Response:
    """`POST /<entity>`: set the right of a member of the team."""
    return await answer_form(request, _change_member)


def _change_member(request: Request, user: User, form: Form) -> Response:
    name, right = request.path_params["entity"], first_value(form, "right")
    with services_of(request).database.write() as connection:
        granted = entity_right(connection, user, name)
        if granted < Right.READ or find_team(connection, name) is None:
            raise NotFoundError("there is no such team on this server, or you may not see it")
        if granted < Right.ADMIN:
            raise PermissionDeniedError(f"permission denied: only administrators of {name} may change its members")
        if right not in RIGHTS:
            raise UsageError("the right of a member is read, write, admin or none")
        set_team_right(connection, name, first_value(form, "user").strip(), RIGHTS[right])
    return RedirectResponse(page_path(name), 303)
