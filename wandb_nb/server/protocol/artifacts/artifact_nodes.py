"""The nodes of versions, their collections and types."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wandb_nb.run_filters.run_values import timestamp
from wandb_nb.server.http.artifact_urls import ArtifactAddresses
from wandb_nb.server.protocol.artifacts import artifact_access
from wandb_nb.server.protocol.artifacts.artifact_access import ARTIFACT, COLLECTION, MANIFEST, project_of
from wandb_nb.server.protocol.artifacts.version_files import files_page
from wandb_nb.server.protocol.connections import connection_of, connection_page, page_range
from wandb_nb.server.protocol.nodes import ProjectNode, RunNode
from wandb_nb.server.storage import run_store
from wandb_nb.server.storage.artifacts import collection_store, uses, version_store
from wandb_nb.server.storage.artifacts.version_updates import NO_TTL
from wandb_nb.server.storage.server_ids import global_id
from wandb_nb.server.storage.users import Right

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wandb_nb.server.protocol.request_context import RequestContext

_MAX_USERS = 1_000
_COMMIT_LETTERS = 20


class ArtifactNode:
    """A version of an artifact, or one that is not committed yet."""

    labels = None

    def __init__(self, row: Any) -> None:
        self.row = row
        self.id, self.digest, self.size, self.file_count = (
            global_id(ARTIFACT, row.id),
            row.digest,
            row.size,
            row.file_count,
        )
        self.description, self.metadata, self.history_step = row.description, row.metadata, row.history_step
        self.state = "COMMITTED" if row.manifest_id is not None else "PENDING"
        self.version_index, self.commit_hash = row.version, row.uid[:_COMMIT_LETTERS]
        self.created_at, self.updated_at = timestamp(row.created), timestamp(row.updated)
        self.ttl_duration_seconds = NO_TTL if row.ttl_seconds is None else row.ttl_seconds
        self.ttl_is_inherited = row.ttl_seconds is None
        self.tags = tag_nodes(row.tags)

    def artifact_type(self, context: RequestContext) -> dict[str, Any]:
        return type_node(collection_store.find_type(context.connection, self._project(context), self.row.type))

    def artifact_sequence(self, context: RequestContext) -> CollectionNode:
        return CollectionNode(collection_store.collection_by_id(context.connection, self.row.collection_id))

    def project(self, context: RequestContext) -> ProjectNode:
        return ProjectNode(self._project(context))

    def aliases(self, context: RequestContext) -> list[dict[str, Any]]:
        """Return the aliases in all collections that the user can see, and the number as one more."""
        nodes: list[dict[str, Any]] = []
        for membership in version_store.memberships_of_artifact(context.connection, self.row.id):
            collection = collection_store.collection_by_id(context.connection, membership.collection_id)
            if project_of(context, collection.project_id).right >= Right.READ:
                names = version_store.list_aliases(context.connection, membership.id)
                names += [f"v{membership.version}"]
                nodes += alias_nodes(CollectionNode(collection), names)
        return nodes

    def created_by(self, context: RequestContext) -> RunNode | None:
        return _visible_run(context, self.row.run_id)

    def used_by(self, context: RequestContext) -> dict[str, Any]:
        ids = uses.list_using_runs(context.connection, self.row.id, _MAX_USERS)
        nodes = [node for run_id in ids if (node := _visible_run(context, run_id)) is not None]
        return connection_of(nodes, 0, len(nodes))

    def current_manifest(self, context: RequestContext) -> dict[str, Any] | None:
        if self.row.manifest_id is None:
            return None
        addresses = ArtifactAddresses(context.base_url, context.services.signer, context.user)
        return manifest_node(self.row.manifest_id, directUrl=addresses.manifest(self.row.id))

    def files(
        self,
        context: RequestContext,
        names: Sequence[str | None] | None = None,
        after: str | None = None,
        first: int | None = None,
    ) -> dict[str, Any]:
        return files_page(context, self, names, after, first)

    def artifact_memberships(
        self, context: RequestContext, after: str | None = None, first: int | None = None
    ) -> dict[str, Any]:
        memberships = version_store.memberships_of_artifact(context.connection, self.row.id)
        nodes = [MembershipNode(membership) for membership in memberships]
        readable = [node for node in nodes if node.is_readable(context)]
        return connection_page(readable, after, first)

    def _project(self, context: RequestContext) -> Any:
        return project_of(context, self.row.project_id)


class CollectionNode:
    """A sequence of versions, or a portfolio of links to versions."""

    def __init__(self, row: Any) -> None:
        self.row = row
        self.type_name = "ArtifactPortfolio" if row.is_portfolio else "ArtifactSequence"
        self.id, self.name, self.description = global_id(COLLECTION, row.id), row.name, row.description
        self.created_at, self.updated_at = timestamp(row.created), timestamp(row.updated)
        self.state = "READY"

    def project(self, context: RequestContext) -> ProjectNode:
        return ProjectNode(project_of(context, self.row.project_id))

    def default_artifact_type(self, context: RequestContext) -> dict[str, Any]:
        project = project_of(context, self.row.project_id)
        return type_node(collection_store.find_type(context.connection, project, self.row.type))

    def tags(self, _: RequestContext, after: str | None = None, first: int | None = None) -> dict[str, Any]:
        return connection_page(tag_nodes(self.row.tags), after, first)

    def aliases(self, context: RequestContext, after: str | None = None, first: int | None = None) -> dict[str, Any]:
        names = version_store.collection_aliases(context.connection, self.row.id)
        return connection_page(alias_nodes(self, names), after, first)

    def latest_artifact(self, context: RequestContext) -> ArtifactNode | None:
        newest = collection_store.latest_artifact(context.connection, self.row.id)
        row = version_store.artifact_by_id(context.connection, newest)
        return ArtifactNode(row) if row is not None else None

    def artifact_membership(self, context: RequestContext, alias_name: str) -> MembershipNode | None:
        return membership_node(context, version_store.membership_by_alias(context.connection, self.row.id, alias_name))

    def artifact_memberships(
        self, context: RequestContext, after: str | None = None, first: int | None = None
    ) -> dict[str, Any]:
        page = self._memberships(context, after, first)
        page["edges"] = [edge for edge in page["edges"] if edge["node"].is_readable(context)]
        return page

    def artifacts(
        self,
        context: RequestContext,
        after: str | None = None,
        first: int | None = None,
        order: str | None = None,
        filters: str | None = None,
    ) -> dict[str, Any]:
        del order, filters  # clients ask for committed ones, and others are never listed
        page = self._memberships(context, after, first)
        ids = [edge["node"].row.artifact_id for edge in page["edges"]]
        rows = version_store.artifacts_by_ids(context.connection, ids)
        for edge in page["edges"]:
            membership = edge["node"].row
            edge |= {"node": ArtifactNode(rows[membership.artifact_id]), "version": f"v{membership.version}"}
        page["edges"] = [edge for edge in page["edges"] if artifact_access.is_visible(context, edge["node"].row)]
        return page

    def _memberships(self, context: RequestContext, after: str | None, first: int | None) -> dict[str, Any]:
        start, limit = page_range(after, first)
        total = collection_store.count_versions(context.connection, [self.row.id]).get(self.row.id, 0)
        rows = version_store.list_memberships(context.connection, self.row.id, start, limit)
        return connection_of([MembershipNode(row) for row in rows], start, total)


class MembershipNode:
    """A version in a collection: its number there, and its aliases there."""

    def __init__(self, row: Any) -> None:
        self.row = row
        self.id, self.version_index = global_id("ArtifactCollectionMembership", row.id), row.version
        self.created_at = timestamp(row.created)

    def is_readable(self, context: RequestContext) -> bool:
        """Whether the user may read both the version's project and that of the collection."""
        collection = collection_store.collection_by_id(context.connection, self.row.collection_id)
        artifact = version_store.artifact_by_id(context.connection, self.row.artifact_id)
        is_listed = project_of(context, collection.project_id).right >= Right.READ
        return is_listed and artifact_access.is_visible(context, artifact)

    def artifact(self, context: RequestContext) -> ArtifactNode:
        return ArtifactNode(version_store.artifact_by_id(context.connection, self.row.artifact_id))

    def artifact_collection(self, context: RequestContext) -> CollectionNode:
        return CollectionNode(collection_store.collection_by_id(context.connection, self.row.collection_id))

    def aliases(self, context: RequestContext) -> list[dict[str, Any]]:
        names = version_store.list_aliases(context.connection, self.row.id)
        return alias_nodes(self.artifact_collection(context), names)

    def files(
        self,
        context: RequestContext,
        names: Sequence[str | None] | None = None,
        after: str | None = None,
        first: int | None = None,
    ) -> dict[str, Any]:
        return files_page(context, self.artifact(context), names, after, first)


def membership_node(context: RequestContext, row: Any) -> MembershipNode | None:
    """Return the node of a membership; None if there is none, or the user may not read it."""
    node = MembershipNode(row) if row is not None else None
    return node if node is not None and node.is_readable(context) else None


def type_node(row: Any) -> dict[str, Any]:
    """Return the fields of a type; those that list its collections are in `artifact_fields`."""
    return {
        "id": global_id("ArtifactType", row.id),
        "name": row.name,
        "description": row.description,
        "createdAt": timestamp(row.created),
        "row": row,
    }


def tag_nodes(tags: str) -> list[dict[str, Any]]:
    """Return the nodes of a JSON list of tags."""
    return [{"id": global_id(f"Tag:{name}", 0), "name": name, "tagCategoryName": None} for name in json.loads(tags)]


def alias_nodes(collection: CollectionNode, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return the nodes of aliases in a collection."""
    return [
        {
            "id": global_id(f"ArtifactAlias:{name}", collection.row.id),
            "alias": name,
            "artifactCollectionName": collection.name,
            "artifactCollection": collection,
        }
        for name in names
    ]


def manifest_node(manifest_id: int, **file: Any) -> dict[str, Any]:
    """Return a manifest with what is known of its file."""
    name = "wandb_manifest.json"
    values = {
        "id": global_id("ManifestFile", manifest_id),
        "name": name,
        "displayName": name,
        "uploadHeaders": [],
        **file,
    }
    return {"id": global_id(MANIFEST, manifest_id), "file": values}


def _visible_run(context: RequestContext, run_id: int | None) -> RunNode | None:
    run = run_store.run_by_id(context.connection, run_id) if run_id is not None else None
    if run is None:
        return None
    project = project_of(context, run.project_id)
    row = run_store.find_run(context.connection, project, run.name) if project.right >= Right.READ else None
    return RunNode(row) if row is not None else None
