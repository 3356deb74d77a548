"""The files of a version as nodes, page by page in the order of their paths."""

from __future__ import annotations

import mimetypes
from typing import TYPE_CHECKING, Any

from wandb_nb.run_filters.run_values import timestamp
from wandb_nb.server.http.artifact_urls import ArtifactAddresses
from wandb_nb.server.storage.artifacts import manifest_store
from wandb_nb.server.storage.artifacts.content_store import hex_digest
from wandb_nb.server.storage.server_ids import global_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wandb_nb.server.protocol.request_context import RequestContext

MAX_FILES = 5_000  # of a page, as many as clients ask for
_DEFAULT_FILES = 50


def files_page(
    context: RequestContext, artifact: Any, names: Sequence[str | None] | None, after: str | None, first: int | None
) -> dict[str, Any]:
    """Return files and references of the version *artifact*, a node. A cursor is a path."""
    manifest_id = artifact.row.manifest_id
    limit = max(0, min(_DEFAULT_FILES if first is None else first, MAX_FILES))
    if manifest_id is None:
        rows: list[Any] = []
    elif requested := [name for name in names or () if name]:
        entries = [manifest_store.find_entry(context.connection, manifest_id, name) for name in requested[:MAX_FILES]]
        rows = [row for row in entries if row is not None]
    else:
        rows = manifest_store.list_entries(context.connection, manifest_id, after or "", limit + 1)
    addresses = ArtifactAddresses(context.base_url, context.services.signer, context.user)
    edges = [{"node": _file_node(artifact, row, addresses), "cursor": row.path} for row in rows[:limit]]
    info = {"endCursor": rows[:limit][-1].path if rows[:limit] else None, "hasNextPage": len(rows) > limit}
    return {"edges": edges, "pageInfo": info, "totalCount": artifact.row.file_count, "uploadHeaders": []}


def _file_node(artifact: Any, row: Any, addresses: ArtifactAddresses) -> dict[str, Any]:
    is_reference = row.content_id is None  # clients find it by its address in the manifest
    url = row.ref if is_reference else addresses.content(artifact.row.id, row.content_id)
    return {
        "id": global_id(f"ArtifactFile:{row.path}", artifact.row.id),
        "name": row.path,
        "displayName": row.path,
        "url": url,
        "directUrl": url,
        "sizeBytes": row.size,
        "mimetype": mimetypes.guess_type(row.path)[0] or "application/octet-stream",
        "md5": row.digest,
        "digest": row.digest,
        "storagePath": None if is_reference else storage_path(hex_digest(row.digest)),
        "updatedAt": timestamp(artifact.row.created),
        "uploadHeaders": [],
        "artifact": artifact,
    }


def storage_path(digest: str) -> str:
    """Return how clients name the content with the MD5 *digest*, in hex."""
    return f"wandb_artifacts/{digest}"
