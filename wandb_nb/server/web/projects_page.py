"""The start page: the projects that the user may read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wandb_nb.server.http.services import services_of
from wandb_nb.server.storage.project_store import list_projects
from wandb_nb.server.storage.run_store import count_runs, run_activity
from wandb_nb.server.web.render import answer_page, render_page

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from wandb_nb.server.storage.users import User


async def projects(request: Request) -> Response:
    """`GET /`."""
    return await answer_page(request, _projects)


def _projects(request: Request, user: User) -> Response:
    with services_of(request).database.read() as connection:
        rows = [
            (project, count_runs(connection, project), *run_activity(connection, project))
            for project in list_projects(connection, user)
        ]
    return render_page(request, "projects.html", user, projects=rows)
