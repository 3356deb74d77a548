"""Mutations that use, link, name, change and delete versions and their collections."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import UsageError
from wandb_nb.server.protocol.artifacts.artifact_access import (
    ARTIFACT,
    is_visible,
    project_of,
    readable_artifact,
    writable_artifact,
    writable_collection,
)
from wandb_nb.server.protocol.artifacts.artifact_nodes import ArtifactNode, CollectionNode, MembershipNode, tag_nodes
from wandb_nb.server.protocol.artifacts.upload_mutations import UploadMutations
from wandb_nb.server.storage import project_store, run_store
from wandb_nb.server.storage.artifacts import aliases, collection_store, uses, version_store, version_updates
from wandb_nb.server.storage.server_ids import global_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wandb_nb.server.protocol.request_context import RequestContext


class ArtifactMutations(UploadMutations):
    """Mutations of artifacts. All changes of a document are committed, or none."""

    def use_artifact(self, context: RequestContext, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 -- its public name
        artifact = readable_artifact(context, input["artifactID"])  # one that is about to be committed, too
        names = (input.get("entityName"), input.get("projectName"))
        project = project_store.find_project(context.connection, context.user, *names)
        run = run_store.find_run(context.connection, project, input["runName"]) if project is not None else None
        if run is None:
            raise UsageError(f"there is no run {input['runName'][:100]!r} in this project on this server")
        run_store.run_for_writing(context.connection, context.user, run.id)
        uses.add_use(context.connection, run.id, artifact.id, input.get("usedAs"))
        return {"artifact": ArtifactNode(artifact)}

    def add_aliases(self, context: RequestContext, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 -- its public name
        for membership, alias in _named_memberships(context, input):
            aliases.move_aliases(context.connection, membership, [alias])
        return {"success": True}

    def delete_aliases(self, context: RequestContext, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 -- its public name
        for membership, alias in _named_memberships(context, input):
            aliases.remove_aliases(context.connection, membership.collection_id, [alias], membership.id)
        return {"success": True}

    def link_artifact(self, context: RequestContext, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 -- its public name
        artifact = _linked_artifact(context, input)
        names = (input.get("entityName"), input.get("projectName"))
        project = project_store.project_for_writing(context.connection, context.user, *names)
        name = input["artifactPortfolioName"]
        portfolio = collection_store.require_collection(
            context.connection, project, artifact.type, name, is_portfolio=True
        )
        membership = version_updates.add_membership(context.connection, portfolio.id, artifact.id)
        wanted = [each["alias"] for each in input.get("aliases") or ()]
        aliases.move_aliases(context.connection, membership, list(dict.fromkeys([*wanted, version_store.LATEST])))
        return {"versionIndex": membership.version, "artifactMembership": MembershipNode(membership)}

    def unlink_artifact(self, context: RequestContext, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 -- its public name
        portfolio = writable_collection(context, input["artifactPortfolioID"])
        artifact = readable_artifact(context, input["artifactID"])
        membership = version_store.membership_of(context.connection, portfolio.id, artifact.id)
        if not portfolio.is_portfolio or membership is None:
            raise UsageError("the version is not linked there; use the portfolio's own version")
        version_updates.remove_membership(context.connection, membership)
        return {"artifactID": input["artifactID"], "success": True}

    def update_artifact(self, context: RequestContext, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 -- its public name
        artifact = writable_artifact(context, input["artifactID"])
        values = {key: input.get(key) for key in ("description", "metadata")}
        values["ttl_seconds"] = input.get("ttlDurationSeconds")
        changed = version_updates.update_version(
            context.connection, artifact, values, _tags(input, "tagsToAdd"), _tags(input, "tagsToDelete")
        )
        if input.get("aliases") is not None:  # old clients send all of them
            _replace_aliases(context, changed, [each["alias"] for each in input["aliases"]])
        return {"artifact": ArtifactNode(changed)}

    def delete_artifact(self, context: RequestContext, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 -- its public name
        artifact = writable_artifact(context, input["artifactID"])
        node = ArtifactNode(artifact)
        if not input.get("deleteAliases") and _has_aliases(context, artifact):
            raise UsageError("the version has aliases; delete it with its aliases, or remove them first")
        context.deleted_blobs.extend(version_updates.delete_artifacts(context.connection, [artifact.id]))
        return {"artifact": {"id": node.id, "state": "DELETED"}, "success": True}

    def update_artifact_sequence(self, context: RequestContext, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 -- its public name
        return {"artifactCollection": _updated_collection(context, input["artifactSequenceID"], input)}

    def update_artifact_portfolio(self, context: RequestContext, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 -- its public name
        return {"artifactCollection": _updated_collection(context, input["artifactPortfolioID"], input)}

    def move_artifact_sequence(self, context: RequestContext, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 -- its public name
        row = writable_collection(context, input["artifactSequenceID"])
        project = project_of(context, row.project_id)
        kind = input["destinationArtifactTypeName"]
        return {
            "artifactCollection": CollectionNode(collection_store.change_type(context.connection, project, row, kind))
        }

    def delete_artifact_sequence(self, context: RequestContext, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 -- its public name
        return _deleted_collection(context, input["artifactSequenceID"])

    def delete_artifact_portfolio(self, context: RequestContext, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 -- its public name
        return _deleted_collection(context, input["artifactPortfolioID"])

    def create_artifact_collection_tag_assignments(
        self,
        context: RequestContext,
        input: dict[str, Any],  # noqa: A002 -- its public name
    ) -> dict[str, Any]:
        collection = _named_collection(context, input)
        tags = collection_store.update_collection_tags(context.connection, collection, added=_tags(input, "tags"))
        return {"tags": tag_nodes(json.dumps(tags))}

    def delete_artifact_collection_tag_assignments(
        self,
        context: RequestContext,
        input: dict[str, Any],  # noqa: A002 -- its public name
    ) -> dict[str, Any]:
        collection = _named_collection(context, input)
        collection_store.update_collection_tags(context.connection, collection, removed=_tags(input, "tags"))
        return {"success": True}


def _committed_artifact(context: RequestContext, artifact_id: str) -> Any:
    artifact = readable_artifact(context, artifact_id)
    if artifact.manifest_id is None:
        raise UsageError("the artifact is not committed yet; wait until it is")
    return artifact


def _linked_artifact(context: RequestContext, values: dict[str, Any]) -> Any:
    """Return the row of the version to link, by its id or by the id that a client gave it."""
    if values.get("artifactID"):
        return _committed_artifact(context, values["artifactID"])
    rows = version_store.artifacts_by_client_id(context.connection, values.get("clientID") or "")
    visible = [row for row in rows if is_visible(context, row)]
    return _committed_artifact(context, global_id(ARTIFACT, visible[0].id) if visible else "")


def _named_collection(context: RequestContext, values: dict[str, Any]) -> Any:
    """Return the row of the collection that *values* names, for changing it."""
    names = (values.get("entityName"), values.get("projectName"))
    project = project_store.project_for_writing(context.connection, context.user, *names)
    row = collection_store.find_collection(context.connection, project, values["artifactCollectionName"])
    if row is None:
        raise UsageError(f"there is no artifact {values['artifactCollectionName'][:40]!r} in this project")
    return row


def _named_memberships(context: RequestContext, values: dict[str, Any]) -> list[tuple[Any, str]]:
    """Return the memberships of the version in the collections that *values* names, each with an alias.

    Raises:
        UsageError: The version is not in such a collection.
        PermissionDeniedError: The user may not change the collection, or not read the version.

    """
    artifact = _committed_artifact(context, values["artifactID"])
    pairs = []
    for each in values["aliases"]:
        own = {
            "entityName": artifact.entity,
            "projectName": artifact.project,
            "artifactCollectionName": artifact.collection,
        }
        collection = _named_collection(context, own | {key: name for key, name in each.items() if name is not None})
        membership = version_store.membership_of(context.connection, collection.id, artifact.id)
        if membership is None:
            raise UsageError(f"{collection.name} does not have this version; link it first")
        pairs.append((membership, each["alias"]))
    return pairs


def _replace_aliases(context: RequestContext, artifact: Any, names: Sequence[str]) -> None:
    membership = version_store.membership_of(context.connection, artifact.collection_id, artifact.id)
    if membership is None:
        raise UsageError("the artifact is not committed yet; wait until it is")
    wanted = [name for name in names if not version_store.VERSION.fullmatch(name)]
    removed = set(version_store.list_aliases(context.connection, membership.id)) - set(wanted)
    aliases.remove_aliases(context.connection, artifact.collection_id, sorted(removed), membership.id)
    aliases.move_aliases(context.connection, membership, wanted)


def _has_aliases(context: RequestContext, artifact: Any) -> bool:
    memberships = version_store.memberships_of_artifact(context.connection, artifact.id)
    return any(version_store.list_aliases(context.connection, membership.id) for membership in memberships)


def _tags(values: dict[str, Any], key: str) -> list[str]:
    return [tag["tagName"] for tag in values.get(key) or ()]


def _updated_collection(context: RequestContext, collection_id: str, values: dict[str, Any]) -> CollectionNode:
    row = writable_collection(context, collection_id)
    return CollectionNode(
        collection_store.update_collection(context.connection, row, values.get("name"), values.get("description"))
    )


def _deleted_collection(context: RequestContext, collection_id: str) -> dict[str, Any]:
    row = writable_collection(context, collection_id)
    ids = collection_store.artifact_ids(context.connection, row.id)
    context.deleted_blobs.extend(version_updates.delete_artifacts(context.connection, ids))
    collection_store.delete_collection(context.connection, row.id)
    return {"artifactCollection": {"id": collection_id, "state": "DELETED"}, "success": True}
