"""The names of a project's artifacts, and the versions of one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from wandb_nb.server.http.services import services_of
from wandb_nb.server.storage.artifacts import collection_store, version_store
from wandb_nb.server.web.render import answer_page, render_page, requested_project, require

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from starlette.requests import Request
    from starlette.responses import Response

    from wandb_nb.server.storage.project_store import Project
    from wandb_nb.server.storage.users import User

ROWS_PER_PAGE = 100
_MAX_DIGITS = 9


class Pager(NamedTuple):
    """One page of a long table: its number from 1 on, and how many rows there are in all."""

    page: int
    total: int

    @property
    def first(self) -> int:
        """The number of rows before this page."""
        return (self.page - 1) * ROWS_PER_PAGE

    @property
    def last(self) -> int:
        """The number of the last row of this page."""
        return min(self.first + ROWS_PER_PAGE, self.total)


async def artifacts(request: Request) -> Response:
    """`GET /<entity>/<project>/artifacts?type=&page=`."""
    return await answer_page(request, _artifacts)


def _artifacts(request: Request, user: User) -> Response:
    kind = request.query_params.get("type") or None
    with services_of(request).database.read() as connection:
        project = requested_project(connection, request, user)
        types = [row.name for row in collection_store.list_types(connection, project)]
        pager = pager_of(request, collection_store.count_collections(connection, project, kind))
        rows = collection_store.list_collections(connection, project, kind, pager.first, ROWS_PER_PAGE)
        counts = collection_store.count_versions(connection, [row.id for row in rows])
    values: dict[str, Any] = {
        "project": project,
        "types": types,
        "kind": kind,
        "pager": pager,
        "rows": rows,
        "counts": counts,
    }
    return render_page(request, "artifacts.html", user, **values)


async def collection(request: Request) -> Response:
    """`GET /<entity>/<project>/artifacts/<name>?page=`."""
    return await answer_page(request, _collection)


def _collection(request: Request, user: User) -> Response:
    with services_of(request).database.read() as connection:
        project, row = requested_collection(connection, request, user)
        pager = pager_of(request, collection_store.count_versions(connection, [row.id]).get(row.id, 0))
        memberships = version_store.list_memberships(connection, row.id, pager.first, ROWS_PER_PAGE)
        versions = version_store.artifacts_by_ids(connection, [each.artifact_id for each in memberships])
        readable = version_store.readable_project_ids(connection, user, versions.values())
        aliases = version_store.aliases_by_membership(connection, [each.id for each in memberships])
        runs = version_store.run_names(connection, [version.run_id for version in versions.values()])
    listed = [
        (each, versions[each.artifact_id]) for each in memberships if versions[each.artifact_id].project_id in readable
    ]
    tags = json.loads(row.tags)
    values: dict[str, Any] = {
        "project": project,
        "collection": row,
        "tags": tags,
        "pager": pager,
        "aliases": aliases,
        "runs": runs,
    }
    return render_page(request, "artifact.html", user, listed=listed, **values)


def requested_collection(connection: Connection, request: Request, user: User) -> tuple[Project, Any]:
    """Return the project and the row of the collection in the address.

    Raises:
        NotFoundError: It does not exist, or *user* may not read it.

    """
    project = requested_project(connection, request, user)
    row = collection_store.find_collection(connection, project, request.path_params["name"])
    return project, require(row, "artifact")


def pager_of(request: Request, total: int) -> Pager:
    """Return the page of *total* rows that the address asks for."""
    text = request.query_params.get("page", "")
    page = int(text) if text.isdecimal() and len(text) <= _MAX_DIGITS else 1
    return Pager(max(1, min(page, -(-total // ROWS_PER_PAGE))), total)
