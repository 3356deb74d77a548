"""Logging in and out."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import quote

from starlette.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse

from wandb_nb.server.http.authentication import (
    LOGIN_SECONDS,
    VISIT_SECONDS,
    begin_login,
    cookie_name,
    end_login,
    find_link_user,
    find_user,
    find_visitor,
    logged_in_user,
    visit_cookie_name,
)
from wandb_nb.server.http.services import services_of
from wandb_nb.server.storage.storage_errors import NotFoundError
from wandb_nb.server.web.forms import first_value, read_form
from wandb_nb.server.web.render import render_page

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response


_USED_LINK = (
    "This link was used already or has expired. `wandb-nb server login-link` or %wandb server prints a new one."
)


async def login(request: Request) -> Response:
    """Show the form, or accept a key or login link: the browser then stores a signed cookie, never the key.

    Only a posted form uses a link up, so nothing that loads its address in advance does.
    """
    if request.method != "POST":
        return render_page(request, "login.html", None, error="")
    form = await read_form(request, None)
    services = services_of(request)
    key, link = (first_value(form, name).strip() for name in ("key", "link"))
    address = request.client.host if request.client else ""
    if wait := await run_in_threadpool(services.login_limit.wait_seconds, address, link or key):
        return _refuse(request, 429, f"There were too many failed logins. Try again in {wait} seconds.", wait)
    user = await run_in_threadpool(find_link_user if link else find_user, services, link or key)
    if user is None:
        await run_in_threadpool(services.login_limit.add_failure, address, link or key)
        return _refuse(request, 401, _USED_LINK if link else "This key is not valid on this server.")
    response = RedirectResponse("/", 303)
    secure = request.url.scheme == "https"  # behind a proxy with TLS
    cookie = await run_in_threadpool(begin_login, services, user)
    response.set_cookie(
        cookie_name(request), cookie, int(LOGIN_SECONDS), httponly=True, samesite="strict", secure=secure
    )
    return response


def _refuse(request: Request, status: int, error: str, wait_seconds: int = 0) -> Response:
    response = render_page(request, "login.html", None, status, error=error)
    if wait_seconds:
        response.headers["Retry-After"] = str(wait_seconds)
    return response


async def visit(request: Request) -> Response:
    """Show a run of an anonymous account to whoever has its link: the browser keeps the link's token, never a key.

    Raises:
        NotFoundError: The token is not valid.

    """
    path = request.path_params
    user = await run_in_threadpool(find_visitor, services_of(request), path["token"])
    if user is None:
        raise NotFoundError("this link is not valid, or its runs were deleted")
    run = "/".join(quote(name, safe="") for name in (user.name, path["project"], "runs", path["run"]))
    response = RedirectResponse(f"/{run}", 303)
    secure = request.url.scheme == "https"
    response.set_cookie(  # lax: links are followed from other sites
        visit_cookie_name(request), path["token"], int(VISIT_SECONDS), httponly=True, samesite="lax", secure=secure
    )
    return response


async def logout(request: Request) -> Response:
    """End the browser's session and delete its cookie."""
    user = await logged_in_user(request)
    if user is not None:
        await read_form(request, user)
        await run_in_threadpool(end_login, request)
    response = RedirectResponse("/login", 303)
    response.delete_cookie(visit_cookie_name(request), httponly=True, samesite="lax")
    response.delete_cookie(cookie_name(request), httponly=True, samesite="strict")
    return response
