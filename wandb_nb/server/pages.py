"""The pages: login, projects, a project's runs, a run. Values from outside are escaped by the templates."""

from __future__ import annotations

import json
import time
from importlib.resources import files as resources
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from sqlalchemy import select
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import QueryParams
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from wandb_nb.errors import UsageError
from wandb_nb.server import filters, history, runs
from wandb_nb.server.api import NotFoundError
from wandb_nb.server.requests import COOKIE, LOGIN, LOGIN_SECONDS, body_of, by_key, services_of, visitor
from wandb_nb.server.tables import alerts, files

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from wandb_nb.server.live import LiveRuns
    from wandb_nb.server.users import User

_MOST_RUNS = 500
_MOST_COLUMNS = 6
_LOG_LINES = 2_000
_LONGEST_FORM = 4096
_PAGE_HEADERS = {"Cache-Control": "no-store"}
_FORM = "application/x-www-form-urlencoded"

_templates = Environment(loader=PackageLoader("wandb_nb.server"), autoescape=True, undefined=StrictUndefined)
_templates.filters["part"] = lambda text: quote(str(text), safe="")
_templates.filters["path"] = lambda text: quote(str(text), safe="/")


def _shown(template: str, status: int = 200, **values: Any) -> Response:
    return HTMLResponse(_templates.get_template(template).render(values), status, headers=_PAGE_HEADERS)


async def login(request: Request) -> Response:
    """Show the form for a key, or take it: the browser then holds a signed cookie, never the key."""
    if request.method == "GET":
        return _shown("login.html", error="")
    if not request.headers.get("content-type", "").startswith(_FORM):
        raise UsageError("The login takes a form.")
    form = QueryParams((await body_of(request, _LONGEST_FORM)).decode("utf-8", "replace"))
    services = services_of(request)
    user = await run_in_threadpool(by_key, services, form.get("key", "").strip())
    if user is None:
        return _shown("login.html", 401, error="This server does not know that key.")
    answer = RedirectResponse("/", 303)
    signed = services.signer.sign(LOGIN, [user.id], LOGIN_SECONDS)
    answer.set_cookie(COOKIE, signed, int(LOGIN_SECONDS), httponly=True, samesite="strict")
    return answer


async def logout(_: Request) -> Response:
    """Forget the login."""
    answer = RedirectResponse("/login", 303)
    answer.delete_cookie(COOKIE, httponly=True, samesite="strict")
    return answer


async def _page(request: Request, make: Callable[[Request, User], Response]) -> Response:
    """Answer with what *make* returns for the visitor; without a login, with the way to it."""
    user = await visitor(request)
    if user is None:
        return RedirectResponse("/login", 303)
    try:
        return await run_in_threadpool(make, request, user)
    except NotFoundError as error:
        return _shown("message.html", 404, user=user, text=str(error))
    except UsageError as error:
        return _shown("message.html", 400, user=user, text=str(error))


async def index(request: Request) -> Response:
    """`GET /`: the projects."""
    return await _page(request, _index)


def _index(request: Request, user: User) -> Response:
    with services_of(request).database.read() as connection:
        found = [(row, len(runs.list_runs(connection, row.id))) for row in runs.list_projects(connection, user)]
    return _shown("projects.html", user=user, projects=found)


async def project(request: Request) -> Response:
    """`GET /<entity>/<project>?q=&state=&sort=`: the runs as a table."""
    return await _page(request, _project)


def _project(request: Request, user: User) -> Response:
    asked, path = request.query_params, request.path_params
    with services_of(request).database.read() as connection:
        row = _found(runs.find_project(connection, user, path["entity"], path["project"]), "project")
        rows = [filters.Facts(run) for run in runs.list_runs(connection, row.id)]
    state, words = asked.get("state", ""), asked.get("q", "").lower().split()
    kept = [facts for facts in rows if (not state or facts.row.state == state) and _has(facts, words)]
    kept = filters.ordered(kept, asked.get("sort") or None)
    columns = _columns(kept)
    values = [[facts.value(column) for column in columns] for facts in kept[:_MOST_RUNS]]
    return _shown(
        "project.html",
        user=user,
        project=row,
        runs=list(zip(kept, values, strict=False)),
        columns=columns,
        total=len(kept),
        asked={"q": asked.get("q", ""), "state": state, "sort": asked.get("sort", "")},
        states=sorted({facts.row.state for facts in rows}),
        age=_age,
    )


def _has(facts: filters.Facts, words: list[str]) -> bool:
    row = facts.row
    text = " ".join(filter(None, (row.name, row.display_name, row.notes, row.group_name, row.job_type, row.tags)))
    return all(word in text.lower() or word in row.config.lower() for word in words)


def _columns(kept: list[filters.Facts]) -> list[str]:
    """Return the names worth a column: config values that differ, then numbers of the summary."""
    config: dict[str, set[str]] = {}
    summary: dict[str, None] = {}
    for facts in kept[:_MOST_RUNS]:
        for key, value in facts.config.items():
            if not key.startswith("_") and not isinstance(value, (dict, list)):
                config.setdefault(key, set()).add(json.dumps(value))
        numbers = (key for key, value in facts.summary.items() if isinstance(value, (int, float)))
        summary |= dict.fromkeys(key for key in numbers if not key.startswith("_"))
    varied = [f"config.{key}" for key, found in config.items() if len(found) > 1 or len(kept) == 1]
    return varied[:_MOST_COLUMNS] + [f"summary_metrics.{key}" for key in summary][:_MOST_COLUMNS]


async def run(request: Request) -> Response:
    """`GET /<entity>/<project>/runs/<run>`."""
    return await _page(request, _run)


def _run(request: Request, user: User) -> Response:
    with services_of(request).database.read() as connection:
        row = _run_row(connection, request, user)
        kept = connection.execute(select(files).where(files.c.run_id == row.id).order_by(files.c.name)).all()
        told = connection.execute(select(alerts).where(alerts.c.run_id == row.id).order_by(alerts.c.id)).all()
        log = history.tail(connection, row.id, "output", _LOG_LINES)
        system = history.tail(connection, row.id, "events")
    stats = json.loads(system[0]) if system else {}
    facts = filters.Facts(row)
    return _shown(
        "run.html",
        user=user,
        run=row,
        tags=json.loads(row.tags),
        config={key: value for key, value in facts.config.items() if key != "_wandb"},
        summary={key: value for key, value in facts.summary.items() if key != "_wandb"},
        files=kept,
        alerts=told,
        log=log,
        stats={key: value for key, value in stats.items() if key.startswith("system.")},
        age=_age,
        when=filters.timestamp,
    )


async def log(request: Request) -> Response:
    """`GET …/log`: the console's last lines, for a page that is open."""
    return await _page(request, _log)


def _log(request: Request, user: User) -> Response:
    with services_of(request).database.read() as connection:
        row = _run_row(connection, request, user)
        lines = history.tail(connection, row.id, "output", _LOG_LINES)
    return PlainTextResponse("\n".join(lines), headers=_PAGE_HEADERS)


async def data(request: Request) -> Response:
    """`GET …/data?cursor=`: a message, as the view reads it."""
    user = await visitor(request)
    if user is None:
        return JSONResponse({"error": "Log in first."}, 403)
    return await run_in_threadpool(_data, request, user)


def _data(request: Request, user: User) -> Response:
    with services_of(request).database.read() as connection:
        row = _run_row(connection, request, user)
    live: LiveRuns = request.app.state.live
    message = live.message(row.id, request.query_params.get("cursor", ""))
    return Response(message.to_bytes(), media_type="application/octet-stream", headers=_PAGE_HEADERS)


async def stop(request: Request) -> Response:
    """`POST …/stop`: the run's process hears of it at its next post. Only this server's own pages may ask."""
    user = await visitor(request)
    if user is None or request.headers.get("sec-fetch-site", "same-origin") != "same-origin":
        return JSONResponse({"error": "Log in first."}, 403)
    await run_in_threadpool(_stop, request, user)
    return JSONResponse({"asked": True})


def _stop(request: Request, user: User) -> None:
    with services_of(request).database.write() as connection:
        row = _run_row(connection, request, user)
        runs.run_for_writing(connection, user, row.id)
        runs.ask_stop(connection, row.id)


def _run_row(connection: Any, request: Request, user: User) -> Any:
    path = request.path_params
    project = _found(runs.find_project(connection, user, path["entity"], path["project"]), "project")
    return _found(runs.find_run(connection, project.id, path["run"]), "run")


def _found(row: Any, what: str) -> Any:
    if row is None:
        raise NotFoundError(f"There is no such {what} on this server, or you may not see it.")
    return row


def _age(seconds: float) -> str:
    past = max(0, int(time.time() - seconds))
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if past >= size:
            return f"{past // size} {unit}"
    return f"{past} s"


_STATIC = {"style.css": ("wandb_nb.server", "style.css"), "server.js": ("wandb_nb", "static/server.js")}


async def static(request: Request) -> Response:
    """`GET /static/<name>`: the style and the script."""
    place = _STATIC.get(request.path_params["name"])
    path: Any = resources(place[0]).joinpath(place[1]) if place else None
    if path is None or not path.is_file():
        raise NotFoundError("There is nothing at this address.")
    return FileResponse(path)


RUN = "/{entity}/{project}/runs/{run}"
ROUTES = [
    Route("/", index),
    Route("/login", login, methods=["GET", "POST"]),
    Route("/logout", logout, methods=["POST"]),
    Route("/static/{name}", static),
    Route(f"{RUN}/data", data),
    Route(f"{RUN}/log", log),
    Route(f"{RUN}/stop", stop, methods=["POST"]),
    Route(RUN, run),
    Route("/{entity}/{project}", project),
]
