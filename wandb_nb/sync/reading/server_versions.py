"""The versions of a server as a `VersionSource`."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from wandb_nb.artifacts.manifest import read_manifest
from wandb_nb.artifacts.store.artifact_store import ArtifactStore
from wandb_nb.artifacts.store.content_cache import ContentCache
from wandb_nb.artifacts.store.downloaded_versions import DownloadedVersions
from wandb_nb.artifacts.store.file_copies import digest_text
from wandb_nb.artifacts.store.lineage_files import LOGGED, LineageEdge
from wandb_nb.artifacts.version_name import VersionName
from wandb_nb.errors import ArtifactError, ArtifactNotFoundError
from wandb_nb.sync.http.answers import as_list, as_object, as_text, well_formed
from wandb_nb.sync.http.file_downloads import download
from wandb_nb.sync.reading.server_version import ServerVersion, run_of, version_of, version_of_membership

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wandb_nb.artifacts.store.stored_version import LineageRun, StoredVersion
    from wandb_nb.store.format.artifact_record import ManifestEntry
    from wandb_nb.sync.reading.server_connection import ServerConnection

_FILES_PER_PAGE = 1_000
_ARTIFACTS_PER_PAGE = 100
_LOGGED_BY = ("RunOutputArtifacts", "outputArtifacts")
_USED_BY = ("RunInputArtifacts", "inputArtifacts")
_NO_TTL = -2
"""The protocol's word for a version that is kept for good."""


class ServerVersions:
    """The versions that the account may read. Contents are checked against their digests. Not thread-safe.

    Downloaded contents stay in the artifact store of this machine, from which they are copied the next time.
    """

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection
        self._cache = ContentCache(ArtifactStore())
        self._urls: dict[str, str] = {}
        """Addresses of contents by their digest, from the manifests read so far."""

    def find(self, name: VersionName) -> ServerVersion:
        """Return the version that *name* names."""
        variables = {"entity": name.entity, "project": name.project, "name": f"{name.name}:{name.alias}"}
        project = self._connection.project("ArtifactMembershipByName", variables)
        with well_formed(self._connection.base_url, "ArtifactMembershipByName"):
            version = version_of_membership(as_object(project.get("artifactCollectionMembership")))
        if version is None:
            raise ArtifactNotFoundError(
                f"{self._connection.base_url} has no artifact {name} that this account may see: "
                "Api().artifact_collections(project, type) lists the names"
            )
        return version

    def manifest(self, version: StoredVersion) -> dict[str, ManifestEntry]:
        """Return the files of *version* by their path."""
        artifact = self._artifact("FetchArtifactManifest", _node_id(version))
        with well_formed(self._connection.base_url, "FetchArtifactManifest"):
            url = as_text(as_object(as_object(artifact.get("currentManifest")).get("file")).get("directUrl"))
        if not url:
            raise ArtifactNotFoundError(f"the artifact {version.qualified_name} was deleted: use another version")
        with TemporaryDirectory() as folder:
            file = Path(folder) / "manifest"
            download(self._connection.network, url, file)
            entries = read_manifest(file.read_bytes(), version.qualified_name)
        self._read_urls(version, entries)
        return entries

    def _read_urls(self, version: StoredVersion, entries: dict[str, ManifestEntry]) -> None:
        def page(variables: dict[str, Any]) -> dict[str, Any]:
            artifact = self._artifact("ArtifactFileUrls", **variables)
            with well_formed(self._connection.base_url, "ArtifactFileUrls"):
                return as_object(artifact.get("files"))

        for node in self._connection.pages(page, {"node_id": _node_id(version), "perPage": _FILES_PER_PAGE}):
            with well_formed(self._connection.base_url, "ArtifactFileUrls"):
                entry = entries.get(as_text(node.get("name")))
                if entry is not None:
                    self._urls[entry.digest] = as_text(node.get("directUrl"))

    def _artifact(self, operation: str, node_id: str, **variables: Any) -> dict[str, Any]:
        data = self._connection.graphql.execute(operation, {"id": node_id, **variables})
        with well_formed(self._connection.base_url, operation):
            return as_object(data.get("artifact"))

    def fetch(self, entry: ManifestEntry, target: str) -> None:
        """Put the content of *entry* into the new file *target*, and compare it with its digest."""
        if self._cache.copy(entry.digest, target):
            return
        url = self._urls.get(entry.digest)
        if not url:
            raise ArtifactError(f"{self._connection.base_url} has no address for the content {entry.digest}")
        digest = hashlib.md5(usedforsecurity=False)
        download(self._connection.network, url, Path(target), digest)
        if digest_text(digest) != entry.digest:
            Path(target).unlink()
            raise ArtifactError(
                f"{self._connection.base_url} sent another content than {entry.digest}: use another version"
            )
        self._cache.add(target, entry.digest)

    def add_download(self, version: StoredVersion, entries: dict[str, ManifestEntry]) -> None:
        """Let offline programs of this machine find *version*, of which all *entries* were fetched."""
        DownloadedVersions(ArtifactStore()).add(version, entries, self.aliases(version))

    def aliases(self, version: StoredVersion) -> list[str]:
        """Return the aliases of *version*, without its number, which servers list among them."""
        names = version.aliases if isinstance(version, ServerVersion) else ()
        return [name for name in names if name != version.version]

    def update(self, version: StoredVersion, aliases: Iterable[str], **changes: Any) -> ServerVersion:
        """Store the aliases and *changes* of other fields, and return the version."""
        fields: dict[str, Any] = {"artifactID": _node_id(version)}
        fields["aliases"] = [{"artifactCollectionName": version.name, "alias": alias} for alias in aliases]
        if "metadata" in changes:
            fields["metadata"] = json.dumps(changes["metadata"])
        if "description" in changes:
            fields["description"] = changes["description"]
        if "ttl" in changes:
            fields["ttlDurationSeconds"] = int(changes["ttl"]) if changes["ttl"] else _NO_TTL
        if "tags" in changes:
            fields["tagsToAdd"] = [{"tagName": tag} for tag in changes["tags"] if tag not in version.tags]
            fields["tagsToDelete"] = [{"tagName": tag} for tag in version.tags if tag not in changes["tags"]]
        self._connection.graphql.execute("UpdateArtifact", {"input": fields})
        return self._again(version)

    def delete(self, version: StoredVersion) -> None:
        """Delete *version* and its aliases."""
        self._connection.graphql.execute(
            "DeleteArtifact", {"input": {"artifactID": _node_id(version), "deleteAliases": True}}
        )

    def link(
        self,
        version: StoredVersion,
        target: VersionName,
        aliases: Iterable[str],
        run: LineageRun | None,  # noqa: ARG002 -- the server records who
    ) -> ServerVersion:
        """Make *version* a version of the collection *target* as well, and return that one."""
        fields = {
            "artifactID": _node_id(version),
            "artifactPortfolioName": target.name,
            "entityName": target.entity,
            "projectName": target.project,
            "aliases": [{"artifactCollectionName": target.name, "alias": alias} for alias in aliases],
        }
        data = self._connection.graphql.execute("LinkArtifact", {"input": fields})
        with well_formed(self._connection.base_url, "LinkArtifact"):
            index = as_object(data.get("linkArtifact")).get("versionIndex")
        return self.find(_with_alias(target, f"v{index}"))

    def runs(self, version: StoredVersion, role: str) -> list[LineageRun]:
        """Return the runs that logged or used *version*."""
        if role == LOGGED:
            return [version.run] if version.run else []
        artifact = self._artifact("ArtifactUsedBy", _node_id(version))
        with well_formed(self._connection.base_url, "ArtifactUsedBy"):
            edges = as_list(as_object(artifact.get("usedBy")).get("edges"))
            runs = [run_of(as_object(as_object(edge).get("node"))) for edge in edges]
            return [run for run in runs if run is not None]

    def run_edges(self, run: LineageRun, role: str) -> list[LineageEdge]:
        """Return what *run* logged or used."""
        versions = self.versions_of_run(run, role)
        return [LineageEdge(run, each.entity, each.project, each.name, each.index, role) for each in versions]

    def versions_of_run(self, run: LineageRun, role: str) -> list[ServerVersion]:
        """Return the versions that *run* logged or used."""
        operation, field = _LOGGED_BY if role == LOGGED else _USED_BY

        def page(variables: dict[str, Any]) -> dict[str, Any]:
            node = self._connection.run(operation, variables)
            with well_formed(self._connection.base_url, operation):
                return as_object(node.get(field))

        names = {"entity": run.entity, "project": run.project, "run": run.id, "perPage": _ARTIFACTS_PER_PAGE}
        nodes = list(self._connection.pages(page, names))
        with well_formed(self._connection.base_url, operation):
            return [version_of(node) for node in nodes]

    def use(self, run: LineageRun, version: StoredVersion) -> None:
        """Record that *run* used *version*."""
        names = {"entityName": run.entity, "projectName": run.project, "runName": run.id}
        self._connection.graphql.execute("UseArtifact", {**names, "artifactID": _node_id(version)})

    def _again(self, version: StoredVersion) -> ServerVersion:
        return self.find(VersionName(version.name, version.version, version.project, version.entity))


def _node_id(version: StoredVersion) -> str:
    """Return the server's id of *version*. Raises ArtifactError for a version of another place."""
    if not isinstance(version, ServerVersion):
        raise ArtifactError(
            f"the artifact {version.qualified_name} is one of this machine: send its run with `wandb-nb sync`"
        )
    return version.node_id


def _with_alias(name: VersionName, alias: str) -> VersionName:
    return replace(name, alias=alias)
