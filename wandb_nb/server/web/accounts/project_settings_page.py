"""A project's settings, for its administrators: who may read it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

from wandb_nb.errors import UsageError
from wandb_nb.server.http.file_urls import page_path
from wandb_nb.server.http.services import services_of
from wandb_nb.server.storage.storage_errors import PermissionDeniedError
from wandb_nb.server.storage.users import Right, set_open
from wandb_nb.server.web.actions import answer_form
from wandb_nb.server.web.forms import Form, first_value
from wandb_nb.server.web.render import answer_page, render_page, requested_project

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from starlette.requests import Request
    from starlette.responses import Response

    from wandb_nb.server.storage.project_store import Project
    from wandb_nb.server.storage.users import User


async def project_settings(request: Request) -> Response:
    """`GET /<entity>/<project>/settings`."""
    return await answer_page(request, _project_settings)


def _project_settings(request: Request, user: User) -> Response:
    with services_of(request).database.read() as connection:
        project = _own_project(connection, request, user)
    return render_page(request, "project_settings.html", user, project=project)


async def change_project(request: Request) -> Response:
    """`POST /<entity>/<project>/settings`: make the project open or private."""
    return await answer_form(request, _change_project)


def _change_project(request: Request, user: User, form: Form) -> Response:
    access = first_value(form, "access")
    if access not in {"open", "private"}:
        raise UsageError("a project is open or private; choose one of them")
    with services_of(request).database.write() as connection:
        project = _own_project(connection, request, user)
        set_open(connection, project.entity, project.name, access == "open")
    return RedirectResponse(page_path(project.entity, project.name, "settings"), 303)


def _own_project(connection: Connection, request: Request, user: User) -> Project:
    project = requested_project(connection, request, user)
    if project.right < Right.ADMIN:
        raise PermissionDeniedError("permission denied: only administrators of a project may change its settings")
    return project
