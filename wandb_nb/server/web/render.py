"""Answers pages: templates that escape all values, the logged-in user, the project and run in the address."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.responses import HTMLResponse, RedirectResponse

from wandb_nb import formatting
from wandb_nb.errors import UsageError
from wandb_nb.run_filters.run_values import timestamp
from wandb_nb.server.http.authentication import logged_in_user
from wandb_nb.server.http.browser_policy import NO_STORE, content_policy
from wandb_nb.server.http.file_urls import page_path
from wandb_nb.server.http.services import services_of
from wandb_nb.server.query.text_format import short_text
from wandb_nb.server.storage.project_store import find_project
from wandb_nb.server.storage.run_store import find_run
from wandb_nb.server.storage.storage_errors import BusyError, NotFoundError, PermissionDeniedError
from wandb_nb.server.storage.users import Right
from wandb_nb.server.web.forms import form_token
from wandb_nb.untrusted_json import clean_text

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection
    from starlette.requests import Request
    from starlette.responses import Response

    from wandb_nb.server.storage.project_store import Project
    from wandb_nb.server.storage.users import User

MAX_PAGE_CHARACTERS = 16 << 20

_templates = Environment(loader=PackageLoader("wandb_nb.server.web"), autoescape=True, undefined=StrictUndefined)
_templates.trim_blocks = _templates.lstrip_blocks = True
_templates.filters |= {
    "part": lambda text: quote(str(text), safe=""),
    "path": lambda text: quote(str(text), safe="/"),
    "age": formatting.age,
    "timestamp": timestamp,
    "duration": formatting.duration,
    "short": short_text,
    "size": formatting.size,
}
_templates.globals["page_path"] = page_path
_templates.tests["number"] = lambda value: isinstance(value, (int, float)) and not isinstance(value, bool)


def render_page(request: Request, template: str, user: User | None, status: int = 200, **values: Any) -> Response:
    """Return the page that *template* makes from *values* for *user*.

    Raises:
        UsageError: It becomes too large.

    """
    nonce = secrets.token_urlsafe(16)
    token = form_token(services_of(request).signer, user) if user else ""
    pieces: list[str] = []
    remaining = MAX_PAGE_CHARACTERS
    for piece in _templates.get_template(template).generate(values, user=user, nonce=nonce, token=token):
        remaining -= len(piece)
        if remaining < 0:
            raise UsageError("this page would be too large to show; read these values through wandb.Api() instead")
        pieces.append(piece)
    text = "".join(pieces)
    # What escapes the checks of foreign text must not break the page of everybody.
    return HTMLResponse(clean_text(text), status, {**NO_STORE, "Content-Security-Policy": content_policy(nonce)})


async def answer_page(
    request: Request, make: Callable[[Request, User], Response], *, is_heavy: bool = False
) -> Response:
    """Return what *make* returns for the logged-in user, an error page if it fails, or a redirect to the login.

    Pages that take long are *is_heavy*: few of them run at a time.
    """
    user = await logged_in_user(request)
    if user is None:
        return RedirectResponse("/login", 303)
    try:
        services = services_of(request)
        return await (services.heavy_pages if is_heavy else services.pages).run(user.id, make, request, user)
    except BusyError as error:
        return render_page(request, "message.html", user, 503, text=str(error))
    except NotFoundError as error:
        return render_page(request, "message.html", user, 404, text=str(error))
    except PermissionDeniedError as error:
        return render_page(request, "message.html", user, 403, text=str(error))
    except UsageError as error:
        return render_page(request, "message.html", user, 400, text=str(error))


def requested_project(connection: Connection, request: Request, user: User) -> Project:
    """Return the project in the address.

    Raises:
        NotFoundError: It does not exist, or *user* may not read it.

    """
    path = request.path_params
    project: Project = require(find_project(connection, user, path["entity"], path["project"]), "project")
    return project


def requested_run(connection: Connection, request: Request, user: User) -> tuple[Project, Any]:
    """Return the project and the row of the run in the address.

    Raises:
        NotFoundError: It does not exist, or *user* may not read it.

    """
    project = requested_project(connection, request, user)
    return project, require(find_run(connection, project, request.path_params["run"], outcomes=True), "run")


def require(row: Any, kind: str) -> Any:
    """Return *row*.

    Raises:
        NotFoundError: It is None; the message names it a *kind*.

    """
    if row is None:
        raise NotFoundError(f"there is no such {kind} on this server, or you may not see it")
    return row


def may_write(project: Project) -> bool:
    """Whether the user of *project* may change its runs."""
    return project.right >= Right.WRITE
