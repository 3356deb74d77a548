"""A project's runs as points of any two of their numbers. The page works without JavaScript."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wandb_nb.server.query.run_columns import column_label
from wandb_nb.server.query.scatter import PLOT, ScatterRequest, make_scatter, numeric_columns
from wandb_nb.server.web.analysis.project_runs import project_runs
from wandb_nb.server.web.render import answer_page, render_page

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from wandb_nb.server.storage.users import User


async def scatter(request: Request) -> Response:
    """`GET /<entity>/<project>/scatter?x=&y=&q=&log_x=&log_y=`: its address is a link to this view."""
    return await answer_page(request, _scatter)


def _scatter(request: Request, user: User) -> Response:
    asked = ScatterRequest.of(request.query_params)
    project, listed = project_runs(request, user)
    runs = listed.runs
    columns = numeric_columns(runs)
    asked = asked._replace(x=asked.x or columns[0], y=asked.y or columns[-2 if len(columns) > 1 else -1])
    return render_page(
        request,
        "scatter.html",
        user,
        project=project,
        asked=asked,
        columns={name: column_label(name) for name in columns},
        picture=make_scatter(runs, asked),
        plot=PLOT,
    )
