"""A version: what it is, its files, who made and used it, and how it differs from another one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wandb_nb.artifacts.lineage.lineage_picture import lineage_svg
from wandb_nb.artifacts.lineage.lineage_text import lineage_steps
from wandb_nb.server.http.artifact_urls import ArtifactAddresses
from wandb_nb.server.http.services import services_of
from wandb_nb.server.storage import run_store
from wandb_nb.server.storage.artifacts import manifest_store, uses, version_store
from wandb_nb.server.storage.project_store import project_by_id
from wandb_nb.server.storage.users import Right
from wandb_nb.server.web.artifacts.collection_pages import requested_collection
from wandb_nb.server.web.artifacts.version_lineage import VersionLineage
from wandb_nb.server.web.render import answer_page, render_page, require

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from starlette.requests import Request
    from starlette.responses import Response

    from wandb_nb.server.storage.users import User

FILES_PER_PAGE = 500
MAX_DIFFERENCES = 1_000
_MAX_RUNS, _MAX_VERSIONS = 100, 200
_MAX_METADATA = 50_000


async def version(request: Request) -> Response:
    """`GET /<entity>/<project>/artifacts/<name>/<version or alias>?after=`."""
    return await answer_page(request, _version)


def _version(request: Request, user: User) -> Response:
    services = services_of(request)
    after = request.query_params.get("after", "")
    with services.database.read() as connection:
        values = _version_values(connection, request, user)
        row = values["version"]
        entries = manifest_store.list_entries(connection, row.manifest_id, after, FILES_PER_PAGE + 1)
        user_runs = _visible_runs(connection, user, uses.list_using_runs(connection, row.id, _MAX_RUNS))
        maker = _visible_runs(connection, user, [row.run_id] if row.run_id is not None else [])
        lineage = VersionLineage(connection, user, row)
        graph = lineage.graph()
    addresses = ArtifactAddresses("", services.signer, user)
    return render_page(
        request,
        "artifact_version.html",
        user,
        **values,
        after=after,
        entries=entries[:FILES_PER_PAGE],
        next_after=entries[FILES_PER_PAGE - 1].path if len(entries) > FILES_PER_PAGE else "",
        address=lambda entry: addresses.content(row.id, entry.content_id),
        metadata=_metadata_text(row.metadata),
        tags=json.loads(row.tags),
        maker=maker,
        user_runs=user_runs,
        picture=lineage_svg(graph),
        steps=lineage_steps(graph),
        is_cut=graph.is_cut,
        page_of=lineage.address,
    )


async def difference(request: Request) -> Response:
    """`GET /<entity>/<project>/artifacts/<name>/<version or alias>/difference?from=`."""
    return await answer_page(request, _difference)


def _difference(request: Request, user: User) -> Response:
    with services_of(request).database.read() as connection:
        values = _version_values(connection, request, user)
        other = request.query_params.get("from", "")
        earlier = _visible_version(connection, user, values["collection"].id, other)
        pair = (earlier[1].manifest_id, values["version"].manifest_id)
        changes = manifest_store.compare_manifests(connection, *pair, limit=MAX_DIFFERENCES)
    return render_page(request, "artifact_difference.html", user, **values, earlier=earlier[0], changes=changes)


def _version_values(connection: Connection, request: Request, user: User) -> dict[str, Any]:
    """Return what both pages of a version show: project, collection, version, aliases, numbers of other versions."""
    project, collection = requested_collection(connection, request, user)
    membership, row = _visible_version(connection, user, collection.id, request.path_params["version"])
    others = version_store.list_memberships(connection, collection.id, 0, _MAX_VERSIONS)
    return {
        "project": project,
        "collection": collection,
        "membership": membership,
        "version": row,
        "aliases": version_store.list_aliases(connection, membership.id),
        "others": [each.version for each in others if each.id != membership.id],
    }


def _visible_version(connection: Connection, user: User, collection_id: int, name: str) -> tuple[Any, Any]:
    membership = require(version_store.membership_by_alias(connection, collection_id, name), "version")
    row = version_store.artifact_by_id(connection, membership.artifact_id)
    is_readable = project_by_id(connection, user, row.project_id).right >= Right.READ
    return membership, require(row if is_readable else None, "version")


def _visible_runs(connection: Connection, user: User, run_ids: list[int]) -> list[Any]:
    rows = [run_store.run_by_id(connection, run_id) for run_id in run_ids]
    readable = {
        row.project_id
        for row in rows
        if row is not None and project_by_id(connection, user, row.project_id).right >= Right.READ
    }
    return [row for row in rows if row is not None and row.project_id in readable]


def _metadata_text(text: str | None) -> str:
    """Return metadata as indented JSON, of bounded length."""
    pretty = json.dumps(json.loads(text), indent=2, ensure_ascii=False) if text else ""
    return pretty if len(pretty) <= _MAX_METADATA else f"{pretty[:_MAX_METADATA]}\n…"
