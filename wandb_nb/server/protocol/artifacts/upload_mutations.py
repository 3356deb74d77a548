"""Mutations by which a client sends a version: it is created, its manifest and files are announced, it is committed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb.errors import UsageError
from wandb_nb.server.http.artifact_urls import ArtifactAddresses, staged_content_token
from wandb_nb.server.protocol.artifacts import multipart_uploads
from wandb_nb.server.protocol.artifacts.artifact_access import ARTIFACT, MANIFEST, writable_artifact
from wandb_nb.server.protocol.artifacts.artifact_nodes import ArtifactNode, manifest_node, type_node
from wandb_nb.server.protocol.artifacts.version_files import storage_path
from wandb_nb.server.protocol.staged_uploads import artifact_group
from wandb_nb.server.storage import project_store, run_store
from wandb_nb.server.storage.artifacts import collection_store, content_store, manifest_store, version_updates
from wandb_nb.server.storage.artifacts.manifest_form import check_path
from wandb_nb.server.storage.server_ids import global_id, parse_global_id

if TYPE_CHECKING:
    from wandb_nb.server.protocol.request_context import RequestContext

_MAX_FILES = 10_000
_ALGORITHM = "MANIFEST_MD5"
_CONTENT_TYPE = "application/octet-stream"


class UploadMutations:
    """Mutations for clients that log artifacts."""

    def create_artifact_type(self, context: RequestContext, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 -- its public name
        project = _project(context, input)
        row = collection_store.require_type(context.connection, project, input["name"], input.get("description"))
        return {"artifactType": type_node(row)}

    def create_artifact(self, context: RequestContext, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 -- its public name
        if input.get("digestAlgorithm") not in {None, _ALGORITHM}:
            raise UsageError(f"this server knows only the digest algorithm {_ALGORITHM}")
        project = _project(context, input)
        name = collection_name(input)
        collection = collection_store.require_collection(
            context.connection,
            project,
            input["artifactTypeName"],
            name,
            is_portfolio=False,
            client_id=input.get("sequenceClientID"),
        )
        new = version_updates.NewVersion(
            digest=input["digest"],
            run_id=_run_id(context, project, input.get("runName")),
            client_id=input.get("clientID"),
            distributed_id=input.get("distributedID"),
            description=input.get("description"),
            metadata=input.get("metadata"),
            tags=[tag["tagName"] for tag in input.get("tags") or ()],
            aliases=[
                each["alias"]
                for each in input.get("aliases") or ()
                if each.get("artifactCollectionName") in {None, name}
            ],
            ttl_seconds=input.get("ttlDurationSeconds"),
            history_step=input.get("historyStep"),
            is_deduplicated=bool(input.get("enableDigestDeduplication")),
        )
        return {"artifact": ArtifactNode(version_updates.create_version(context.connection, collection, new))}

    def create_artifact_manifest(self, context: RequestContext, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 -- its public name
        artifact = writable_artifact(context, input["artifactID"])
        base = parse_global_id(ARTIFACT, input.get("baseArtifactID") or "")
        kind = input.get("type") or manifest_store.FULL
        number = manifest_store.announce_manifest(context.connection, artifact.id, kind, base, input["digest"])
        return {"artifactManifest": _announced_manifest(context, artifact, number, input["digest"])}

    def update_artifact_manifest(self, context: RequestContext, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 -- its public name
        number = parse_global_id(MANIFEST, input["artifactManifestID"])
        row = manifest_store.manifest_by_id(context.connection, number)
        if row is None:
            raise UsageError("there is no such manifest on this server; create it first")
        artifact = writable_artifact(context, global_id(ARTIFACT, row.artifact_id))
        base = parse_global_id(ARTIFACT, input.get("baseArtifactID") or "")
        digest = input.get("digest") or ""
        manifest_store.renew_manifest(context.connection, row.id, base, digest)
        return {"artifactManifest": _announced_manifest(context, artifact, row.id, digest)}

    def create_artifact_files(self, context: RequestContext, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 -- its public name
        specs = input["artifactFiles"]
        if len(specs) > _MAX_FILES:
            raise UsageError(f"a request can announce at most {_MAX_FILES} files of artifacts")
        if sum(len(spec.get("uploadPartsInput") or ()) for spec in specs) > multipart_uploads.MAX_PARTS:
            raise UsageError(f"a request can announce at most {multipart_uploads.MAX_PARTS} parts of files")
        ids = {spec["artifactID"] for spec in specs}
        artifacts = {artifact_id: writable_artifact(context, artifact_id) for artifact_id in ids}
        digests = [content_store.hex_digest(spec["md5"]) for spec in specs]
        present = {
            artifact.project_id: content_store.announce(context.connection, artifact.project_id, digests)
            for artifact in artifacts.values()
        }
        edges = [
            {"node": _announced_file(context, artifacts[spec["artifactID"]], spec, digest, present), "cursor": ""}
            for spec, digest in zip(specs, digests, strict=True)
        ]
        info = {"endCursor": None, "hasNextPage": False}
        return {"files": {"edges": edges, "pageInfo": info, "totalCount": len(edges), "uploadHeaders": []}}

    def complete_multipart_upload_artifact(self, context: RequestContext, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 -- its public name
        return multipart_uploads.complete(context, input)

    def commit_artifact(self, context: RequestContext, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 -- its public name
        artifact = writable_artifact(context, input["artifactID"])
        return {"artifact": ArtifactNode(version_updates.commit_version(context.connection, artifact))}


def collection_name(values: dict[str, Any]) -> str:
    """Return the name of the collection in *values*; old clients send a list of one.

    Raises:
        UsageError: There is none.

    """
    name = values.get("artifactCollectionName") or next(iter(values.get("artifactCollectionNames") or ()), "")
    if not name:
        raise UsageError("the artifact has no name; send one as artifactCollectionName")
    return str(name)


def _project(context: RequestContext, values: dict[str, Any]) -> project_store.Project:
    names = (values.get("entityName"), values.get("projectName"))
    return project_store.project_for_writing(context.connection, context.user, *names)


def _run_id(context: RequestContext, project: project_store.Project, name: str | None) -> int | None:
    if not name:
        return None
    run = run_store.find_run(context.connection, project, name)
    if run is None:
        raise UsageError(f"there is no run {name[:100]!r} in this project on this server")
    return int(run.id)


def _announced_manifest(context: RequestContext, artifact: Any, manifest_id: int, announced: str) -> dict[str, Any]:
    addresses = ArtifactAddresses(context.base_url, context.services.signer, context.user)
    url = addresses.manifest_upload(artifact.id, manifest_id, announced) if announced else None
    return manifest_node(manifest_id, uploadUrl=url)


def _announced_file(
    context: RequestContext, artifact: Any, spec: dict[str, Any], digest: str, present: dict[int, set[str]]
) -> dict[str, Any]:
    path = check_path(spec["name"])
    is_present = digest in present[artifact.project_id]
    parts = None if is_present else spec.get("uploadPartsInput")
    return {
        "id": global_id(f"ArtifactFile:{path}", artifact.id),
        "name": path,
        "displayName": path,
        "storagePath": storage_path(digest),
        "uploadUrl": None if is_present else _content_upload(context, artifact, digest),
        "uploadHeaders": [f"Content-MD5:{spec['md5']}", f"Content-Type:{_CONTENT_TYPE}"],
        "uploadMultipartUrls": parts and multipart_uploads.announce_parts(context, artifact, digest, parts),
        "artifact": ArtifactNode(artifact),
    }


def _content_upload(context: RequestContext, artifact: Any, digest: str) -> str:
    """Return the address for a content: in the store if possible, else on this server."""
    signer, signed = context.services.signer, context.signed
    if signed is not None:
        token = staged_content_token(signer, context.user, artifact.id, digest)
        if (url := signed.upload_url(artifact_group(artifact.id), token, digest)) is not None:
            return url
    return ArtifactAddresses(context.base_url, signer, context.user).content_upload(artifact.id, digest)
