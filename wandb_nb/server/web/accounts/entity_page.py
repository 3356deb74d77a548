"""An entity's page: its projects and, for members of a team, who else is one; its administrators change the team."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from starlette.responses import RedirectResponse

from wandb_nb.errors import UsageError
from wandb_nb.server.http.file_urls import page_path
from wandb_nb.server.http.services import finish_deletion, services_of
from wandb_nb.server.storage.accounts import team_changes
from wandb_nb.server.storage.accounts.former_names import current_name
from wandb_nb.server.storage.accounts.teams import find_team, list_team_members, set_team_right
from wandb_nb.server.storage.project_store import list_projects
from wandb_nb.server.storage.storage_errors import NotFoundError, PermissionDeniedError
from wandb_nb.server.storage.users import Right, entity_right
from wandb_nb.server.web.actions import answer_form
from wandb_nb.server.web.forms import Form, first_value
from wandb_nb.server.web.render import answer_page, render_page

if TYPE_CHECKING:
    from sqlalchemy import Connection
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
        present = current_name(connection, name)
        right = entity_right(connection, user, present)
        is_team = right >= Right.READ and find_team(connection, present) is not None
        members = list_team_members(connection, present) if is_team else []
        projects = list_projects(connection, user, present, limit=MAX_PROJECTS)
    if not projects and not is_team and name != user.name:
        raise NotFoundError("there is no such entity on this server, or you may not see it")
    if present != name:  # of a team that was renamed
        return RedirectResponse(page_path(present), 303)
    values = {"entity": name, "projects": projects, "is_team": is_team, "members": members}
    return render_page(request, "entity.html", user, **values, rights=RIGHTS, may_manage=right >= Right.ADMIN)


async def change_team(request: Request) -> Response:
    """`POST /<entity>`: set the right of a member of the team, rename it, or delete it."""
    return await answer_form(request, _change_team)


def _change_team(request: Request, user: User, form: Form) -> Response:
    name, services = request.path_params["entity"], services_of(request)
    runs: list[Any] = []
    blobs: list[str] = []
    with services.database.write() as connection:
        _check_may_manage(connection, user, name)
        if "rename" in form:
            new = first_value(form, "rename").strip()
            team_changes.rename_team(connection, name, new)
            address = page_path(new)
        elif "delete" in form:
            runs, blobs = _delete_team(connection, user, name, form)
            address = "/"
        else:
            _change_member(connection, name, form)
            address = page_path(name)
    finish_deletion(services, runs, blobs)
    return RedirectResponse(address, 303)


def _check_may_manage(connection: Connection, user: User, name: str) -> None:
    granted = entity_right(connection, user, name)
    if granted < Right.READ or find_team(connection, name) is None:
        raise NotFoundError("there is no such team on this server, or you may not see it")
    if granted < Right.ADMIN:
        raise PermissionDeniedError(f"permission denied: only administrators of {name} may change it or its members")


def _change_member(connection: Connection, name: str, form: Form) -> None:
    right = first_value(form, "right")
    if right not in RIGHTS:
        raise UsageError("the right of a member is read, write, admin or none")
    set_team_right(connection, name, first_value(form, "user").strip(), RIGHTS[right])


def _delete_team(connection: Connection, user: User, name: str, form: Form) -> tuple[list[Any], list[str]]:
    """Delete the team and, if the form says so, its projects; return what remains of these."""
    if first_value(form, "delete").strip() != name:
        raise UsageError("the team was not deleted: write its name to confirm that you mean it")
    runs: list[Any] = []
    blobs: list[str] = []
    target, projects = first_value(form, "target").strip(), first_value(form, "projects")
    if projects == "move":
        if entity_right(connection, user, target) < Right.ADMIN:
            raise PermissionDeniedError(f"permission denied: you may not administer {target[:128]!r}; choose another")
        team_changes.move_projects(connection, name, target)
    elif projects == "delete":
        runs, blobs = team_changes.delete_projects(connection, name)
    team_changes.delete_team(connection, name)
    return runs, blobs
