"""The way in and out, and the projects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from wandb_nb.server.http.requests import COOKIE, LOGIN, LOGIN_SECONDS, by_key, services_of, visitor
from wandb_nb.server.storage import run_store
from wandb_nb.server.storage.users import login_of
from wandb_nb.server.web.forms import first, form_of
from wandb_nb.server.web.render import page, shown

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from wandb_nb.server.storage.users import User


async def login(request: Request) -> Response:
    """Show the form for a key, or take it: the browser then holds a signed cookie, never the key."""
    if request.method == "GET":
        return shown(request, "login.html", None, error="")
    form = await form_of(request, None)
    services = services_of(request)
    key = first(form, "key").strip()
    user = await run_in_threadpool(by_key, services, key)
    if user is None:
        return shown(request, "login.html", None, 401, error="This server does not know that key.")
    answer = RedirectResponse("/", 303)
    signed = services.signer.sign(LOGIN, [user.id, login_of(key)], LOGIN_SECONDS)
    secure = request.url.scheme == "https"  # behind a proxy that has TLS
    answer.set_cookie(COOKIE, signed, int(LOGIN_SECONDS), httponly=True, samesite="strict", secure=secure)
    return answer


async def logout(request: Request) -> Response:
    """Forget the login."""
    user = await visitor(request)
    if user is not None:
        await form_of(request, user)
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer


async def index(request: Request) -> Response:
    """`GET /`: the projects."""
    return await page(request, _index)


def _index(request: Request, user: User) -> Response:
    with services_of(request).database.read() as connection:
        found = [
            (project, run_store.count_runs(connection, project), *run_store.activity(connection, project))
            for project in run_store.list_projects(connection, user)
        ]
    return shown(request, "projects.html", user, projects=found)
