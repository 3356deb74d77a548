"""A run's pages: charts, overview, system metrics, console."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import func, select

from wandb_nb.server.http.requests import services_of
from wandb_nb.server.query import filters
from wandb_nb.server.query.run_table import duration
from wandb_nb.server.storage import alert_store, line_store, users
from wandb_nb.server.storage.tables import files
from wandb_nb.server.web.metadata import metadata_of
from wandb_nb.server.web.render import may_write, page, run_of, shown

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from starlette.requests import Request
    from starlette.responses import Response

    from wandb_nb.server.storage.users import User

LOG_LINES = 1_000
_MOST_ALERTS = 10
_STAMP = re.compile(r"(ERROR )?(\d{4}-\d\d-\d\dT[\d:.]+) (?:\[[^\]]*\] )?(.*)", re.DOTALL)


def head(connection: Connection, request: Request, user: User) -> dict[str, Any]:
    """Return what all pages of a run show: the run, its owner, tags, and what the visitor may do."""
    project, row = run_of(connection, request, user)
    owner = users.user_by_id(connection, row.user_id)
    kept = select(func.count()).where(files.c.run_id == row.id)
    return {
        "project": project,
        "run": row,
        "owner": owner.name if owner else "",
        "tags": json.loads(row.tags),
        "alerts": alert_store.listed(connection, row.id, _MOST_ALERTS),
        "file_count": connection.execute(kept).scalar(),
        "may_write": may_write(project),
    }


async def charts(request: Request) -> Response:
    """`GET /<entity>/<project>/runs/<run>`."""
    return await page(request, _charts)


def _charts(request: Request, user: User) -> Response:
    with services_of(request).database.read() as connection:
        return shown(request, "run_charts.html", user, **head(connection, request, user))


async def system(request: Request) -> Response:
    """`GET …/system`: the charts of the machine."""
    return await page(request, _system)


def _system(request: Request, user: User) -> Response:
    with services_of(request).database.read() as connection:
        values = head(connection, request, user)
        count = line_store.count(connection, values["run"].id, "events")
    return shown(request, "run_system.html", user, **values, count=count)


async def overview(request: Request) -> Response:
    """`GET …/overview`: what the run is, its config and its summary."""
    return await page(request, _overview)


def _overview(request: Request, user: User) -> Response:
    services = services_of(request)
    with services.database.read() as connection:
        values = head(connection, request, user)
        rows = line_store.count(connection, values["run"].id, "history")
        metadata = metadata_of(services, connection, values["run"])
    facts = filters.RunValues(values["run"])
    return shown(
        request,
        "run_overview.html",
        user,
        **values,
        rows=rows,
        metadata=metadata,
        config=sorted(facts.config_leaves.items()),
        summary=sorted(facts.summary_leaves.items()),
        seconds=duration(facts),
    )


class ConsoleLine(NamedTuple):
    """A line of the console; *stamp* is UTC, empty where the client sent none."""

    number: int
    stamp: str
    text: str
    is_error: bool


async def console(request: Request) -> Response:
    """`GET …/console?before=`: the last lines, or those before a given one."""
    return await page(request, _console)


def _console(request: Request, user: User) -> Response:
    asked = request.query_params.get("before", "")
    with services_of(request).database.read() as connection:
        values = head(connection, request, user)
        total = line_store.count(connection, values["run"].id, "output")
        end = min(total, int(asked)) if asked.isdecimal() and len(asked) < 10 else total  # noqa: PLR2004 - of 32 bits
        first = max(0, end - LOG_LINES)
        texts = line_store.after(connection, values["run"].id, "output", first, end - first)
    lines = [line_of(number, text) for number, text in enumerate(texts, first)]
    return shown(request, "run_console.html", user, **values, lines=lines, first=first, end=end, total=total)


def line_of(number: int, text: str) -> ConsoleLine:
    """Return the line as clients send it in its parts."""
    match = _STAMP.fullmatch(text)
    if match is None:
        return ConsoleLine(number, "", text, is_error=False)
    return ConsoleLine(number, match[2], match[3], is_error=match[1] is not None)
