"""What a visitor does: stop, rename and delete runs, choose columns. Each is a form of this server's own pages."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import update
from starlette.responses import RedirectResponse

from wandb_nb.errors import UsageError
from wandb_nb.server.http.file_urls import address
from wandb_nb.server.http.requests import services_of, visitor
from wandb_nb.server.storage import column_choices, run_store
from wandb_nb.server.storage.tables import runs as table
from wandb_nb.server.web.forms import Form, first, form_of
from wandb_nb.server.web.render import found, page, project_of, run_of, shown

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection
    from starlette.requests import Request
    from starlette.responses import Response

    from wandb_nb.server.storage.users import User

_LONGEST_NAME = 128
_LONGEST_NOTES = 10_000
_MOST_TAGS, _LONGEST_TAG = 64, 64


async def _acted(request: Request, act: Callable[[Request, User, Form], Response]) -> Response:
    user = await visitor(request)
    form: Form = await form_of(request, user) if user is not None else {}
    return await page(request, lambda asked, who: act(asked, who, form))


def _changing(connection: Connection, request: Request, user: User) -> Any:
    _, row = run_of(connection, request, user)
    return run_store.run_for_writing(connection, user, row.id)


async def stop(request: Request) -> Response:
    """`POST …/stop`: the run's process hears of it at its next post."""
    return await _acted(request, _stop)


def _stop(request: Request, user: User, _: Form) -> Response:
    services = services_of(request)
    with services.database.write() as connection:
        run = _changing(connection, request, user)
        run_store.ask_stop(connection, run.id)
    services.changes.tell(run)
    return RedirectResponse(address(run.entity, run.project, "runs", run.name), 303)


async def edit(request: Request) -> Response:
    """`POST …/edit`: name, notes and tags."""
    return await _acted(request, _edit)


def _edit(request: Request, user: User, form: Form) -> Response:
    services = services_of(request)
    with services.database.write() as connection:
        run = _changing(connection, request, user)
        connection.execute(update(table).where(table.c.id == run.id).values(**_edited(form)))
    services.changes.tell(run)
    return RedirectResponse(address(run.entity, run.project, "runs", run.name, "overview"), 303)


def _edited(form: Form) -> dict[str, str]:
    name, notes = first(form, "name").strip(), first(form, "notes").replace("\r\n", "\n").strip()
    tags = list(dict.fromkeys(filter(None, (tag.strip() for tag in first(form, "tags").split(",")))))
    if not 0 < len(name) <= _LONGEST_NAME or not name.isprintable():
        raise UsageError(f"A run's name has 1 to {_LONGEST_NAME} characters, none of them a control character.")
    if len(notes) > _LONGEST_NOTES:
        raise UsageError(f"Notes have {_LONGEST_NOTES} characters at most.")
    if len(tags) > _MOST_TAGS or any(len(tag) > _LONGEST_TAG or not tag.isprintable() for tag in tags):
        raise UsageError(f"A run has {_MOST_TAGS} tags at most, each of {_LONGEST_TAG} characters at most.")
    return {"display_name": name, "notes": notes, "tags": json.dumps(tags)}


async def delete(request: Request) -> Response:
    """`POST /<entity>/<project>/delete`: ask once more, then delete the runs that the form names."""
    return await _acted(request, _delete)


def _delete(request: Request, user: User, form: Form) -> Response:
    services = services_of(request)
    with services.database.write() as connection:
        project = project_of(connection, request, user)
        chosen = [found(run_store.find_run(connection, project, name), "run") for name in form.get("run", [])]
        for run in chosen:
            run_store.run_for_writing(connection, user, run.id)
        if not first(form, "sure") or not chosen:
            return shown(request, "delete.html", user, project=project, runs=chosen)
        blobs = [blob for run in chosen for blob in run_store.delete_run(connection, run.id)]
    for blob in blobs:
        services.store.delete(blob)
    for run in chosen:
        services.changes.tell(run)
    return RedirectResponse(address(project.entity, project.name), 303)


async def columns(request: Request) -> Response:
    """`POST /<entity>/<project>/columns`: the columns that this visitor wants to see in the project's table."""
    return await _acted(request, _columns)


def _columns(request: Request, user: User, form: Form) -> Response:
    with services_of(request).database.write() as connection:
        project = project_of(connection, request, user)
        chosen = None if first(form, "automatic") else form.get("column", [])
        column_choices.keep_columns(connection, user, project, chosen)
    query = first(form, "query")
    return RedirectResponse(address(project.entity, project.name) + (f"?{query}" if query else ""), 303)
