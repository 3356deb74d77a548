"""How pages are made: templates that escape what comes from outside, the visitor, and what the address names."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, RedirectResponse

from wandb_nb import formatting
from wandb_nb.errors import UsageError
from wandb_nb.server.http.browser_policy import content_policy
from wandb_nb.server.http.file_urls import address
from wandb_nb.server.http.requests import services_of, visitor
from wandb_nb.server.protocol.api import NotFoundError
from wandb_nb.server.query import filters, text_format
from wandb_nb.server.storage import run_store
from wandb_nb.server.storage.users import PermissionDeniedError, Right
from wandb_nb.server.web.forms import token_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection
    from starlette.requests import Request
    from starlette.responses import Response

    from wandb_nb.server.storage.users import User

NOT_KEPT = {"Cache-Control": "no-store"}

_templates = Environment(loader=PackageLoader("wandb_nb.server.web"), autoescape=True, undefined=StrictUndefined)
_templates.trim_blocks = _templates.lstrip_blocks = True
_templates.filters |= {
    "part": lambda text: quote(str(text), safe=""),
    "path": lambda text: quote(str(text), safe="/"),
    "age": formatting.age,
    "when": filters.timestamp,
    "duration": formatting.duration,
    "shown": text_format.shown,
    "size": formatting.size,
}
_templates.globals["address"] = address
_templates.tests["number"] = lambda value: isinstance(value, (int, float)) and not isinstance(value, bool)


def shown(request: Request, template: str, user: User | None, status: int = 200, **values: Any) -> Response:
    """Return the page that *template* makes of *values* for *user*."""
    nonce = secrets.token_urlsafe(16)
    token = token_of(services_of(request).signer, user) if user else ""
    text = _templates.get_template(template).render(values, user=user, nonce=nonce, token=token)
    return HTMLResponse(text, status, {**NOT_KEPT, "Content-Security-Policy": content_policy(nonce)})


async def page(request: Request, make: Callable[[Request, User], Response]) -> Response:
    """Answer with what *make* returns for the visitor; without a login, with the way to it."""
    user = await visitor(request)
    if user is None:
        return RedirectResponse("/login", 303)
    try:
        return await run_in_threadpool(make, request, user)
    except NotFoundError as error:
        return shown(request, "message.html", user, 404, text=str(error))
    except PermissionDeniedError as error:
        return shown(request, "message.html", user, 403, text=str(error))
    except UsageError as error:
        return shown(request, "message.html", user, 400, text=str(error))


def project_of(connection: Connection, request: Request, user: User) -> run_store.Project:
    """Return the project that the address names. NotFoundError where *user* may not read it."""
    path = request.path_params
    project: run_store.Project = found(
        run_store.find_project(connection, user, path["entity"], path["project"]), "project"
    )
    return project


def run_of(connection: Connection, request: Request, user: User) -> tuple[run_store.Project, Any]:
    """Return the project and the row of the run that the address names. NotFoundError where *user* may not read it."""
    project = project_of(connection, request, user)
    return project, found(run_store.find_run(connection, project, request.path_params["run"]), "run")


def found(row: Any, what: str) -> Any:
    """Return *row*. NotFoundError where it is None."""
    if row is None:
        raise NotFoundError(f"There is no such {what} on this server, or you may not see it.")
    return row


def may_write(project: run_store.Project) -> bool:
    """Whether the user that *project* was found for may change its runs."""
    return project.right >= Right.WRITE
