"""The pages. Values from outside are escaped by the templates; what changes data is a form with a token."""

from __future__ import annotations

from starlette.routing import Route

from wandb_nb.server.pages import actions, compare, files, live, login, project, run, static

_PROJECT = "/{entity}/{project}"
_RUN = "/{entity}/{project}/runs/{run}"
_POST = ["POST"]

ROUTES = [
    Route("/", login.index),
    Route("/login", login.login, methods=["GET", "POST"]),
    Route("/logout", login.logout, methods=_POST),
    Route("/static/{name}", static.static),
    Route(f"{_RUN}/overview", run.overview),
    Route(f"{_RUN}/system", run.system),
    Route(f"{_RUN}/console", run.console),
    Route(f"{_RUN}/code", files.code),
    Route(f"{_RUN}/files", files.listing),
    Route(f"{_RUN}/files/{{name:anything}}", files.preview),
    Route(f"{_RUN}/data", live.data),
    Route(f"{_RUN}/sampled", live.sampled),
    Route(f"{_RUN}/system/data", live.system_data),
    Route(f"{_RUN}/events", live.run_events),
    Route(f"{_RUN}/stop", actions.stop, methods=_POST),
    Route(f"{_RUN}/edit", actions.edit, methods=_POST),
    Route(_RUN, run.charts),
    Route(f"{_PROJECT}/compare", compare.comparison),
    Route(f"{_PROJECT}/events", live.project_events),
    Route(f"{_PROJECT}/columns", actions.columns, methods=_POST),
    Route(f"{_PROJECT}/delete", actions.delete, methods=_POST),
    Route(_PROJECT, project.project),
]
