"""The addresses of the pages."""

from __future__ import annotations

from starlette.routing import Route

from wandb_nb.server.web import (
    actions,
    assets,
    compare_page,
    files_page,
    live_routes,
    login_page,
    project_page,
    projects_page,
    run_page,
)
from wandb_nb.server.web.accounts import account_page, entity_page, project_settings_page
from wandb_nb.server.web.analysis import groups_page, importance_page, parallel_page, scatter_page
from wandb_nb.server.web.artifacts import collection_pages, version_pages

_PROJECT = "/{entity}/{project}"
_RUN = "/{entity}/{project}/runs/{run}"
_ARTIFACTS = "/{entity}/{project}/artifacts"
_POST = ["POST"]

ROUTES = [
    Route("/", projects_page.projects),
    Route("/login", login_page.login, methods=["GET", "POST"]),
    Route("/anonymous/{token}/{project}/runs/{run}", login_page.visit),
    Route("/logout", login_page.logout, methods=_POST),
    Route("/account", account_page.account),
    Route("/account", account_page.change_account, methods=_POST),
    Route("/static/{name}", assets.asset),
    Route(f"{_RUN}/overview", run_page.overview),
    Route(f"{_RUN}/system", run_page.system),
    Route(f"{_RUN}/console", run_page.console),
    Route(f"{_RUN}/code", files_page.code),
    Route(f"{_RUN}/files", files_page.file_list),
    Route(f"{_RUN}/files/{{name:anything}}", files_page.file),
    Route(f"{_RUN}/data", live_routes.data),
    Route(f"{_RUN}/range", live_routes.row_range),
    Route(f"{_RUN}/sampled", live_routes.sampled),
    Route(f"{_RUN}/system/data", live_routes.system_data),
    Route(f"{_RUN}/events", live_routes.run_events),
    Route(f"{_RUN}/stop", actions.stop, methods=_POST),
    Route(f"{_RUN}/edit", actions.edit, methods=_POST),
    Route(_RUN, run_page.charts),
    Route(f"{_PROJECT}/compare", compare_page.comparison),
    Route(f"{_PROJECT}/scatter", scatter_page.scatter),
    Route(f"{_PROJECT}/parallel", parallel_page.parallel),
    Route(f"{_PROJECT}/importance", importance_page.importance),
    Route(f"{_PROJECT}/groups", groups_page.groups),
    Route(f"{_PROJECT}/events", live_routes.project_events),
    Route(f"{_PROJECT}/columns", actions.columns, methods=_POST),
    Route(f"{_PROJECT}/views", actions.views, methods=_POST),
    Route(f"{_PROJECT}/delete", actions.delete, methods=_POST),
    Route(f"{_PROJECT}/settings", project_settings_page.project_settings),
    Route(f"{_PROJECT}/settings", project_settings_page.change_project, methods=_POST),
    Route(_ARTIFACTS, collection_pages.artifacts),
    Route(f"{_ARTIFACTS}/{{name}}", collection_pages.collection),
    Route(f"{_ARTIFACTS}/{{name}}/{{version}}", version_pages.version),
    Route(f"{_ARTIFACTS}/{{name}}/{{version}}/difference", version_pages.difference),
    Route(_PROJECT, project_page.project),
    Route("/{entity}", entity_page.entity),
    Route("/{entity}", entity_page.change_team, methods=_POST),
]
