"""Changes that users make on pages: stop, edit and delete runs, choose columns, save views."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from sqlalchemy import update
from starlette.datastructures import QueryParams
from starlette.responses import RedirectResponse

from wandb_nb.errors import UsageError
from wandb_nb.server.http.authentication import logged_in_user
from wandb_nb.server.http.file_urls import page_path
from wandb_nb.server.http.services import finish_deletion, services_of
from wandb_nb.server.query.run_table import TableRequest
from wandb_nb.server.storage import run_store
from wandb_nb.server.storage.column_choices import save_columns
from wandb_nb.server.storage.saved_views import delete_view, save_view
from wandb_nb.server.storage.shared.run_changes import announce_change
from wandb_nb.server.storage.storage_errors import PermissionDeniedError
from wandb_nb.server.storage.tables import runs as runs_table
from wandb_nb.server.web.forms import Form, first_value, read_form
from wandb_nb.server.web.render import answer_page, render_page, requested_project, requested_run, require

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection
    from starlette.requests import Request
    from starlette.responses import Response

    from wandb_nb.server.storage.users import User

_MAX_NAME = 128
_MAX_NOTES = 10_000
_MAX_TAGS, _MAX_TAG = 64, 64


async def answer_form(request: Request, act: Callable[[Request, User, Form], Response]) -> Response:
    """Return what *act* returns for the logged-in user and the form in *request*, or an error page."""
    user = await logged_in_user(request)
    form: Form = await read_form(request, user) if user is not None else {}
    return await answer_page(request, lambda request, user: act(request, user, form))


def _run_for_writing(connection: Connection, request: Request, user: User) -> Any:
    _, row = requested_run(connection, request, user)
    return run_store.run_for_writing(connection, user, row.id)


async def stop(request: Request) -> Response:
    """`POST …/stop`: the answer to the next post of the run's process carries the request."""
    return await answer_form(request, _stop)


def _stop(request: Request, user: User, _: Form) -> Response:
    services = services_of(request)
    with services.database.write() as connection:
        run = _run_for_writing(connection, request, user)
        run_store.request_stop(connection, run.id)
        announce_change(connection, run)
    return RedirectResponse(page_path(run.entity, run.project, "runs", run.name), 303)


async def edit(request: Request) -> Response:
    """`POST …/edit`: name, notes and tags."""
    return await answer_form(request, _edit)


def _edit(request: Request, user: User, form: Form) -> Response:
    services = services_of(request)
    with services.database.write() as connection:
        run = _run_for_writing(connection, request, user)
        changed = update(runs_table).where(runs_table.c.id == run.id)
        connection.execute(changed.values(**_edited_columns(form)))
        announce_change(connection, run)
    return RedirectResponse(page_path(run.entity, run.project, "runs", run.name, "overview"), 303)


def _edited_columns(form: Form) -> dict[str, str]:
    name, notes = first_value(form, "name").strip(), first_value(form, "notes").replace("\r\n", "\n").strip()
    tags = list(dict.fromkeys(filter(None, (tag.strip() for tag in first_value(form, "tags").split(",")))))
    if not 0 < len(name) <= _MAX_NAME or not name.isprintable():
        raise UsageError(f"a run's name has 1 to {_MAX_NAME} characters and no control characters")
    if len(notes) > _MAX_NOTES:
        raise UsageError(f"notes have at most {_MAX_NOTES} characters")
    if len(tags) > _MAX_TAGS or any(len(tag) > _MAX_TAG or not tag.isprintable() for tag in tags):
        raise UsageError(f"a run has at most {_MAX_TAGS} tags of at most {_MAX_TAG} characters each")
    return {"display_name": name, "notes": notes, "tags": json.dumps(tags)}


async def delete(request: Request) -> Response:
    """`POST /<entity>/<project>/delete`: ask for confirmation, then delete the runs that the form names."""
    return await answer_form(request, _delete)


def _delete(request: Request, user: User, form: Form) -> Response:
    services = services_of(request)
    with services.database.write() as connection:
        project = requested_project(connection, request, user)
        names = form.get("run", [])
        runs = [require(run_store.find_run(connection, project, name, outcomes=True), "run") for name in names]
        for run in runs:
            run_store.run_for_writing(connection, user, run.id)
        if not first_value(form, "sure") or not runs:
            return render_page(request, "delete.html", user, project=project, runs=runs)
        blobs = [blob for run in runs for blob in run_store.delete_run(connection, run.id)]
    finish_deletion(services, runs, blobs)
    return RedirectResponse(page_path(project.entity, project.name), 303)


async def columns(request: Request) -> Response:
    """`POST /<entity>/<project>/columns`: the columns that this user wants in the project's table."""
    return await answer_form(request, _columns)


def _columns(request: Request, user: User, form: Form) -> Response:
    with services_of(request).database.write() as connection:
        project = requested_project(connection, request, user)
        if user.visitor:
            raise PermissionDeniedError("permission denied: the link of a run only shows runs")
        chosen = None if first_value(form, "automatic") else form.get("column", [])
        save_columns(connection, user, project, chosen)
    query = first_value(form, "query")
    return RedirectResponse(page_path(project.entity, project.name) + (f"?{query}" if query else ""), 303)


async def views(request: Request) -> Response:
    """`POST /<entity>/<project>/views`: save a view of the project's table under a name, or delete one."""
    return await answer_form(request, _views)


def _views(request: Request, user: User, form: Form) -> Response:
    # Only what a table's address can have is stored, so that its link leads nowhere else.
    query = urlencode(TableRequest.of(QueryParams(first_value(form, "query"))).with_changes(), doseq=True)
    with services_of(request).database.write() as connection:
        project = requested_project(connection, request, user)
        if view_id := first_value(form, "delete"):
            delete_view(connection, user, project, view_id)
        else:
            name, shared = first_value(form, "name").strip(), bool(first_value(form, "shared"))
            save_view(connection, user, project, name, query, shared=shared)
    return RedirectResponse(page_path(project.entity, project.name) + (f"?{query}" if query else ""), 303)
