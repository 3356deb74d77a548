"""A project's page: the table of its runs, and the charts of the selected ones."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from wandb_nb.server.http.services import services_of
from wandb_nb.server.query.run_columns import cell, column_label
from wandb_nb.server.query.run_groups import MAX_GROUP_KEYS
from wandb_nb.server.query.run_table import GROUPINGS, TableRequest, list_table
from wandb_nb.server.query.search import search_condition
from wandb_nb.server.storage.artifacts.collection_store import count_collections
from wandb_nb.server.storage.column_choices import load_columns
from wandb_nb.server.storage.saved_views import MAX_NAME, list_views, may_save
from wandb_nb.server.web.render import answer_page, may_write, render_page, requested_project

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from wandb_nb.server.storage.users import User


async def project(request: Request) -> Response:
    """`GET /<entity>/<project>?q=&state=&sort=&group=&page=&column=`."""
    return await answer_page(request, _project)


def _project(request: Request, user: User) -> Response:
    table_request = TableRequest.of(request.query_params)
    services = services_of(request)
    with services.database.read() as connection:
        row = requested_project(connection, request, user)
        listed = services.listed_values.list_runs(connection, row)
        chosen = load_columns(connection, user, row)
        views = list_views(connection, user, row)
        artifact_count = count_collections(connection, row, None)
    # A saved choice may name a column that no run has any more; it stays empty.
    table = list_table(listed, table_request, table_request.column or chosen)
    return render_page(
        request,
        "project.html",
        user,
        project=row,
        table=table,
        asked=table_request,
        available=listed.available,
        has_choice=chosen is not None,
        groupings={**GROUPINGS, **{name: column_label(name) for name in listed.available["Config"]}},
        group_choices=[*table_request.group, ""][:MAX_GROUP_KEYS],
        cell=cell,
        label=column_label,
        link=lambda **changes: urlencode(table_request.with_changes(**changes), doseq=True),
        groups_link=_groups_link(table_request),
        shared_names=listed.shared_names,
        may_write=may_write(row),
        views=views,
        view=urlencode(table_request.with_changes(column=tuple(table.columns)), doseq=True),
        may_save=may_save(user, row),
        max_name=MAX_NAME,
        artifact_count=artifact_count,
    )


def _groups_link(request: TableRequest) -> str:
    """Return the parameters of the page that draws the groups of the table."""
    state = search_condition("state", request.state) if request.state else ""
    return urlencode({"q": f"{request.q} {state}".strip(), "group": request.group}, doseq=True)
