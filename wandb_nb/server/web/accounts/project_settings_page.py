"""A project's settings, for its administrators: who may read it, and where its alerts are sent."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

from wandb_nb.errors import UsageError
from wandb_nb.server.http.file_urls import page_path
from wandb_nb.server.http.services import services_of
from wandb_nb.server.storage.alerts.alert_targets import KINDS, add_target, list_targets, public_text, remove_target
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


_MAX_DIGITS = 9


async def project_settings(request: Request) -> Response:
    """`GET /<entity>/<project>/settings`."""
    return await answer_page(request, _project_settings)


def _project_settings(request: Request, user: User, secret: str = "") -> Response:
    """Return the page; the *secret* of a new webhook is shown once."""
    with services_of(request).database.read() as connection:
        project = _own_project(connection, request, user)
        targets = [(target, public_text(target)) for target in list_targets(connection, project.id)]
    return render_page(
        request, "project_settings.html", user, project=project, targets=targets, kinds=KINDS, secret=secret
    )


async def change_project(request: Request) -> Response:
    """`POST /<entity>/<project>/settings`: make the project open or private, add or remove an address for alerts."""
    return await answer_form(request, _change_project)


def _change_project(request: Request, user: User, form: Form) -> Response:
    action, secret = first_value(form, "action"), ""
    with services_of(request).database.write() as connection:
        project = _own_project(connection, request, user)
        if action == "add":
            kind, address = first_value(form, "kind"), first_value(form, "address").strip()
            secret = add_target(connection, project.id, kind, address)
        elif action == "remove":
            number = first_value(form, "target")
            is_number = number.isdecimal() and len(number) <= _MAX_DIGITS
            remove_target(connection, project.id, int(number) if is_number else 0)
        else:
            set_open(connection, project.entity, project.name, _wants_open(form))
    if secret:
        return _project_settings(request, user, secret)
    return RedirectResponse(page_path(project.entity, project.name, "settings"), 303)


def _wants_open(form: Form) -> bool:
    access = first_value(form, "access")
    if access not in {"open", "private"}:
        raise UsageError("a project is open or private; choose one of them")
    return access == "open"


def _own_project(connection: Connection, request: Request, user: User) -> Project:
    project = requested_project(connection, request, user)
    if project.right < Right.ADMIN or user.is_anonymous:
        raise PermissionDeniedError("permission denied: only administrators of a project may change its settings")
    return project
