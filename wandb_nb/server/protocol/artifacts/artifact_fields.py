"""Fields of projects, runs, types and the root that lead to artifacts: by the type that has them and their names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb.server.protocol.artifacts import artifact_access
from wandb_nb.server.protocol.artifacts.artifact_nodes import (
    ArtifactNode,
    CollectionNode,
    MembershipNode,
    membership_node,
    type_node,
)
from wandb_nb.server.protocol.connections import connection_of, connection_page, page_range
from wandb_nb.server.storage.artifacts import collection_store, uses, version_store
from wandb_nb.server.storage.server_ids import global_id

if TYPE_CHECKING:
    from collections.abc import Callable

    from wandb_nb.server.protocol.nodes import ProjectNode, RunNode
    from wandb_nb.server.protocol.request_context import RequestContext


def _artifact_by_id(_: object, context: RequestContext, id: str) -> ArtifactNode | None:  # noqa: A002 -- its public name
    row = artifact_access.visible_artifact(context, id)
    return ArtifactNode(row) if row is not None else None


def _collection_by_id(_: object, context: RequestContext, id: str) -> CollectionNode | None:  # noqa: A002 -- its public name
    row = artifact_access.visible_collection(context, id)
    return CollectionNode(row) if row is not None else None


def _client_id_mapping(_: object, context: RequestContext, client_id: str) -> dict[str, Any] | None:
    rows = version_store.artifacts_by_client_id(context.connection, client_id)
    visible = [row for row in rows if artifact_access.is_visible(context, row)]
    return {"serverID": global_id(artifact_access.ARTIFACT, visible[0].id)} if visible else None


def _project_membership(project: ProjectNode, context: RequestContext, name: str) -> MembershipNode | None:
    return membership_node(context, version_store.find_membership(context.connection, project.row, name))


def _project_artifact(
    project: ProjectNode, context: RequestContext, name: str, enable_tracking: bool | None = None
) -> ArtifactNode | None:
    del enable_tracking  # nothing is counted here
    node = _project_membership(project, context, name)
    return node.artifact(context) if node is not None else None


def _project_type(project: ProjectNode, context: RequestContext, name: str) -> dict[str, Any] | None:
    row = collection_store.find_type(context.connection, project.row, name)
    return {**type_node(row), "project": project} if row is not None else None


def _project_types(
    project: ProjectNode, context: RequestContext, after: str | None = None, first: int | None = None
) -> dict[str, Any]:
    rows = collection_store.list_types(context.connection, project.row)
    return connection_page([{**type_node(row), "project": project} for row in rows], after, first)


def _collection(project: ProjectNode, context: RequestContext, name: str) -> CollectionNode | None:
    row = collection_store.find_collection(context.connection, project.row, name)
    return CollectionNode(row) if row is not None else None


def _collections(  # noqa: PLR0917 -- the field's arguments
    project: ProjectNode,
    context: RequestContext,
    after: str | None = None,
    first: int | None = None,
    filters: str | None = None,
    order: str | None = None,
    kind: str | None = None,
) -> dict[str, Any]:
    del filters, order  # official clients leave both open
    start, limit = page_range(after, first)
    rows = collection_store.list_collections(context.connection, project.row, kind, start, limit)
    total = collection_store.count_collections(context.connection, project.row, kind)
    return connection_of([CollectionNode(row) for row in rows], start, total)


def _type_artifact(source: dict[str, Any], context: RequestContext, name: str) -> ArtifactNode | None:
    node = _project_artifact(source["project"], context, name)
    return node if node is not None and node.row.type == source["name"] else None


def _type_collection(source: dict[str, Any], context: RequestContext, name: str) -> CollectionNode | None:
    node = _collection(source["project"], context, name)
    return node if node is not None and node.row.type == source["name"] else None


def _type_collections(source: dict[str, Any], context: RequestContext, **arguments: Any) -> dict[str, Any]:
    return _collections(source["project"], context, kind=source["name"], **arguments)


def _run_outputs(
    run: RunNode, context: RequestContext, after: str | None = None, first: int | None = None
) -> dict[str, Any]:
    start, limit = page_range(after, first)
    rows = version_store.list_output(context.connection, run.row.id, start, limit)
    nodes = [ArtifactNode(row) for row in rows]
    return connection_of(nodes, start, version_store.count_output(context.connection, run.row.id))


def _run_inputs(
    run: RunNode, context: RequestContext, after: str | None = None, first: int | None = None
) -> dict[str, Any]:
    start, limit = page_range(after, first)
    rows = uses.list_input(context.connection, run.row.id, start, limit)
    page = connection_of([ArtifactNode(row) for row in rows], start, uses.count_input(context.connection, run.row.id))
    page["edges"] = [edge for edge in page["edges"] if artifact_access.is_visible(context, edge["node"].row)]
    return page


ARTIFACT_FIELDS: dict[tuple[str, str], Callable[..., Any]] = {
    ("Query", "artifact"): _artifact_by_id,
    ("Query", "artifactCollection"): _collection_by_id,
    ("Query", "clientIDMapping"): _client_id_mapping,
    ("Project", "artifact"): _project_artifact,
    ("Project", "artifactType"): _project_type,
    ("Project", "artifactTypes"): _project_types,
    ("Project", "artifactCollection"): _collection,
    ("Project", "artifactCollections"): _collections,
    ("Project", "artifactCollectionMembership"): _project_membership,
    ("ArtifactType", "artifact"): _type_artifact,
    ("ArtifactType", "artifactCollection"): _type_collection,
    ("ArtifactType", "artifactCollections"): _type_collections,
    ("Run", "outputArtifacts"): _run_outputs,
    ("Run", "inputArtifacts"): _run_inputs,
}
