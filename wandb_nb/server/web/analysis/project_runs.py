"""The project in the address of an analysis page, with the values of its runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wandb_nb.server.http.services import services_of
from wandb_nb.server.web.render import requested_project

if TYPE_CHECKING:
    from starlette.requests import Request

    from wandb_nb.server.query.listed_runs import ListedRuns
    from wandb_nb.server.storage.project_store import Project
    from wandb_nb.server.storage.users import User


def project_runs(request: Request, user: User) -> tuple[Project, ListedRuns]:
    """Return the project and its runs.

    Raises:
        NotFoundError: The project does not exist, or *user* may not read it.

    """
    services = services_of(request)
    with services.database.read() as connection:
        project = requested_project(connection, request, user)
        return project, services.listed_values.list_runs(connection, project)
