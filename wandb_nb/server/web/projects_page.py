"""The start page: the projects that the user may read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wandb_nb.server.http.services import services_of
from wandb_nb.server.storage.accounts.teams import teams_of
from wandb_nb.server.storage.project_store import count_projects, list_projects
from wandb_nb.server.storage.run_store import projects_activity
from wandb_nb.server.web.render import answer_page, render_page

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from wandb_nb.server.storage.users import User

PAGE_SIZE = 100
_MAX_DIGITS = 6


async def projects(request: Request) -> Response:
    """`GET /?page=`."""
    return await answer_page(request, _projects)


def _projects(request: Request, user: User) -> Response:
    text = request.query_params.get("page", "")
    page = max(1, int(text)) if text.isdecimal() and len(text) <= _MAX_DIGITS else 1
    with services_of(request).database.read() as connection:
        total = count_projects(connection, user)
        listed = list_projects(connection, user, first=(page - 1) * PAGE_SIZE, limit=PAGE_SIZE)
        activity = projects_activity(connection, listed)
        teams = teams_of(connection, user)
    rows = [(project, *activity.get(project.id, (0, 0, None))) for project in listed]
    first = (page - 1) * PAGE_SIZE + 1
    pages = {"page": page, "first": first, "last": first + len(rows) - 1, "total": total}
    return render_page(request, "projects.html", user, projects=rows, teams=teams, **pages)
