"""How much each config key of a project tells about a result of its runs. The page works without JavaScript."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wandb_nb.server.http.services import services_of
from wandb_nb.server.query.forest_fit import FOLDS, TREES
from wandb_nb.server.query.importance import MIN_RUNS, measure_importance
from wandb_nb.server.query.run_columns import column_label
from wandb_nb.server.query.scatter import numeric_columns
from wandb_nb.server.web.analysis.project_runs import project_runs
from wandb_nb.server.web.render import answer_page, render_page

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from wandb_nb.server.storage.users import User


async def importance(request: Request) -> Response:
    """`GET /<entity>/<project>/importance?y=&q=`: its address is a link to this view."""
    return await answer_page(request, _importance, is_heavy=True)


def _importance(request: Request, user: User) -> Response:
    project, listed = project_runs(request, user)
    runs = listed.runs
    results = [name for name in numeric_columns(runs) if not name.startswith("config.")]
    y = request.query_params.get("y") or results[-2 if len(results) > 1 else -1]
    q = request.query_params.get("q", "")
    measured = measure_importance(runs, y, q, services_of(request).forests)
    return render_page(
        request,
        "importance.html",
        user,
        project=project,
        results={name: column_label(name) for name in results},
        y=y,
        q=q,
        result=column_label(y),
        measured=measured,
        largest=max((key.drop or 0 for key in measured.keys), default=0),
        folds=FOLDS,
        trees=TREES,
        min_runs=MIN_RUNS,
    )
