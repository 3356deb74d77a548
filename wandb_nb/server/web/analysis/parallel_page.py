"""A project's runs as lines over parallel axes. The page works without JavaScript."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wandb_nb.server.query.parallel import COLORS, MAX_AXES, PLOT, ParallelRequest, make_parallel
from wandb_nb.server.query.run_columns import column_label, default_columns
from wandb_nb.server.query.scatter import numeric_columns
from wandb_nb.server.web.analysis.project_runs import project_runs
from wandb_nb.server.web.render import answer_page, render_page

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from wandb_nb.server.storage.users import User

_DEFAULT_AXES = 5
_EMPTY_CHOICES = 2  # of further axes
_MAX_TABLE_LINES = 100


async def parallel(request: Request) -> Response:
    """`GET /<entity>/<project>/parallel?axis=&axis=&y=&q=`: its address is a link to this view."""
    return await answer_page(request, _parallel)


def _parallel(request: Request, user: User) -> Response:
    project, listed = project_runs(request, user)
    runs = listed.runs
    results = [name for name in numeric_columns(runs) if not name.startswith("config.")]
    asked = ParallelRequest.of(request.query_params)
    config = [name for name in default_columns(runs) if name.startswith("config.")]
    asked = asked._replace(
        y=asked.y or results[-2 if len(results) > 1 else -1], axes=asked.axes or tuple(config[:_DEFAULT_AXES])
    )
    picture = make_parallel(runs, asked)
    return render_page(
        request,
        "parallel.html",
        user,
        project=project,
        asked=asked,
        choices=[*asked.axes, *[""] * _EMPTY_CHOICES][:MAX_AXES],
        columns={name: column_label(name) for name in [*listed.available["Config"], *listed.available["Summary"]]},
        results={name: column_label(name) for name in results},
        picture=picture,
        table=picture.lines[: -_MAX_TABLE_LINES - 1 : -1],
        plot=PLOT,
        colors=range(COLORS),
    )
