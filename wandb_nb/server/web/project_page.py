"""A project's page: its runs as a table, and the charts of those that are chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from wandb_nb.server.http.requests import services_of
from wandb_nb.server.query import filters
from wandb_nb.server.query.run_table import GROUPINGS, TableRequest, cell, known_columns, label_of, list_runs
from wandb_nb.server.storage import column_choices, run_store
from wandb_nb.server.web.render import may_write, page, project_of, shown

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from wandb_nb.server.storage.users import User


async def project(request: Request) -> Response:
    """`GET /<entity>/<project>?q=&state=&sort=&group=&page=`."""
    return await page(request, _project)


def _project(request: Request, user: User) -> Response:
    asked = TableRequest.of(request.query_params)
    with services_of(request).database.read() as connection:
        row = project_of(connection, request, user)
        found = [filters.RunValues(run) for run in run_store.list_runs(connection, row)]
        chosen = column_choices.kept_columns(connection, user, row)
    known = known_columns(found)
    # A kept choice may name what no run has any more; the column then stands empty.
    listing = list_runs(found, asked, chosen)
    return shown(
        request,
        "project.html",
        user,
        project=row,
        listing=listing,
        asked=asked,
        known=known,
        chosen=chosen is not None,
        groupings={**GROUPINGS, **{name: label_of(name) for name in known["Config"]}},
        cell=cell,
        label=label_of,
        link=lambda **changes: urlencode(asked.but(**changes)),
        may_write=may_write(row),
    )
