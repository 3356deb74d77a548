"""A run's pages: charts, overview, system metrics, console."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import func, select

from wandb_nb.run_filters.run_values import RunValues
from wandb_nb.server.http.services import services_of
from wandb_nb.server.query.run_columns import run_duration
from wandb_nb.server.storage import users
from wandb_nb.server.storage.alerts import alert_store
from wandb_nb.server.storage.lines import line_store
from wandb_nb.server.storage.tables import files
from wandb_nb.server.web.render import answer_page, may_write, render_page, requested_run
from wandb_nb.server.web.run_environment import load_environment

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from starlette.requests import Request
    from starlette.responses import Response

    from wandb_nb.server.storage.users import User

CONSOLE_LINES = 1_000
MAX_LINE_CHARACTERS = 4_000
_MAX_ALERTS = 10
_MAX_DIGITS = 10
_STAMPED_LINE = re.compile(r"(ERROR )?(\d{4}-\d\d-\d\dT[\d:.]+) (?:\[[^\]]*\] )?(.*)", re.DOTALL)


def run_context(connection: Connection, request: Request, user: User) -> dict[str, Any]:
    """Return the values that all pages of a run need."""
    project, row = requested_run(connection, request, user)
    owner = users.user_by_id(connection, row.user_id)
    file_count = select(func.count()).where(files.c.run_id == row.id)
    return {
        "project": project,
        "run": row,
        "owner": owner.name if owner else "",
        "tags": RunValues(row).tags,
        "alerts": alert_store.list_alerts(connection, row.id, _MAX_ALERTS),
        "file_count": connection.execute(file_count).scalar(),
        "may_write": may_write(project),
    }


async def charts(request: Request) -> Response:
    """`GET /<entity>/<project>/runs/<run>`."""
    return await answer_page(request, _charts)


def _charts(request: Request, user: User) -> Response:
    with services_of(request).database.read() as connection:
        return render_page(request, "run_charts.html", user, **run_context(connection, request, user))


async def system(request: Request) -> Response:
    """`GET …/system`: the charts of the system metrics."""
    return await answer_page(request, _system)


def _system(request: Request, user: User) -> Response:
    with services_of(request).database.read() as connection:
        values = run_context(connection, request, user)
        count = line_store.count(connection, values["run"].id, "events")
    return render_page(request, "run_system.html", user, **values, count=count)


async def overview(request: Request) -> Response:
    """`GET …/overview`: state, environment, config and summary."""
    return await answer_page(request, _overview)


def _overview(request: Request, user: User) -> Response:
    services = services_of(request)
    with services.database.read() as connection:
        values = run_context(connection, request, user)
        rows = line_store.count(connection, values["run"].id, "history")
        environment = load_environment(services, connection, values["run"])
    run = RunValues(values["run"])
    return render_page(
        request,
        "run_overview.html",
        user,
        **values,
        rows=rows,
        environment=environment,
        config=run.sorted_config(),
        summary=sorted(run.summary_leaves.items()),
        seconds=run_duration(run),
    )


class ConsoleLine(NamedTuple):
    """A line of the console; *stamp* is UTC, empty if the client sent none."""

    number: int
    stamp: str
    text: str
    is_error: bool


async def console(request: Request) -> Response:
    """`GET …/console?before=`: the last lines, or those before a given one."""
    return await answer_page(request, _console)


def _console(request: Request, user: User) -> Response:
    before = request.query_params.get("before", "")
    with services_of(request).database.read() as connection:
        values = run_context(connection, request, user)
        total = line_store.count(connection, values["run"].id, "output")
        end = min(total, int(before)) if before.isdecimal() and len(before) < _MAX_DIGITS else total
        first = max(0, end - CONSOLE_LINES)
        starts = line_store.line_starts(connection, values["run"].id, "output", first, end - first, MAX_LINE_CHARACTERS)
    lines = [parse_line(number, shown_line(*start)) for number, start in enumerate(starts, first)]
    return render_page(request, "run_console.html", user, **values, lines=lines, first=first, end=end, total=total)


def shown_line(text: str, length: int) -> str:
    """Return *text*, the beginning of a line of *length* characters, with a note of what is left out."""
    return text if length <= len(text) else f"{text} … {length - len(text):,} more characters"


def parse_line(number: int, text: str) -> ConsoleLine:
    """Return the parts of a line as clients send it."""
    match = _STAMPED_LINE.fullmatch(text)
    if match is None:
        return ConsoleLine(number, "", text, is_error=False)
    return ConsoleLine(number, match[2], match[3], is_error=match[1] is not None)
