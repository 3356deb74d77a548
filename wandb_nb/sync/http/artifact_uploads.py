"""Uploads of the artifacts that a run logged: a version is created, gets its files and its manifest, and is committed.

A version that was interrupted is sent again from the start: the server has its files by their digests.
"""

from __future__ import annotations

from contextlib import contextmanager
from functools import partial
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from wandb_nb.artifacts.manifest import MANIFEST_FILES, manifest_json
from wandb_nb.artifacts.store.file_copies import bytes_digest
from wandb_nb.errors import CommError, RefusedError
from wandb_nb.store.format.artifact_record import DIGEST_ALGORITHM, LinkedVersion, is_server_id
from wandb_nb.sync.http import upload_parts
from wandb_nb.sync.http.answers import as_list, as_object, as_text, well_formed
from wandb_nb.sync.http.file_uploads import MAX_NAMES_PER_REQUEST, parse_headers
from wandb_nb.sync.http.upload_parts import list_parts, part_addresses

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import BinaryIO

    from wandb_nb.store.format.artifact_record import ArtifactRecord, ManifestEntry, UsedVersion
    from wandb_nb.sync.http.file_uploads import Content, FileUploads, Renew
    from wandb_nb.sync.http.network import Network
    from wandb_nb.sync.http.operations import Bucket, GraphQLClient
    from wandb_nb.sync.http.upload_parts import UploadPart
    from wandb_nb.sync.http.upload_pool import UploadPool

_COMMITTED = "COMMITTED"
_STORAGE_LAYOUT = "V2"
_MAX_TTL_SECONDS = 2**40


class _CreatedVersion(NamedTuple):
    """The server's id of a version, that of the newest before it, whether it is complete, and its number if known."""

    id: str
    base: str | None
    is_committed: bool
    number: int | None


class ArtifactUploads:
    """Sends artifacts of the run *bucket*; *pool* puts their contents, which *open_content* opens."""

    def __init__(
        self,
        network: Network,
        graphql: GraphQLClient,
        bucket: Bucket,
        pool: UploadPool,
        open_content: Callable[[ManifestEntry], BinaryIO],
    ) -> None:
        self._network, self._graphql, self._pool, self._open_content = network, graphql, pool, open_content
        self._run = {"entityName": bucket.entity, "projectName": bucket.project, "runName": bucket.name}

    def send(self, record: ArtifactRecord) -> int | None:
        """Send the version of *record*, unless the server has one with its digest; return its number there, if known.

        Raises:
            RefusedError: The server refuses it or one of its files, or the run directory lacks a file.
            CommError: The server does not answer.
        """
        created = self._create(record)
        number = created.number if created.is_committed else self._send_contents(record, created)
        if record.is_used:
            self._use(created.id)
        return number

    def report(self, reference: UsedVersion | LinkedVersion) -> bool:
        """Report that the run uses or linked a version which it or another run logged; return if the server has it.

        Raises:
            RefusedError: The server refuses.
            CommError: The server does not answer.
        """
        artifact = self._server_id(reference.client_id)
        if artifact and isinstance(reference, LinkedVersion):
            self._link(artifact, reference)
        elif artifact:
            self._use(artifact)
        return bool(artifact)

    def _server_id(self, identifier: str) -> str:
        """Return the server's id of a version, empty if it does not have it."""
        if is_server_id(identifier):
            return identifier
        data = self._graphql.execute("ClientIDMapping", {"clientID": identifier})
        with _usable_answer(self._network.base_url, "ClientIDMapping"):
            return as_text(as_object(data.get("clientIDMapping")).get("serverID"))

    def _link(self, artifact: str, link: LinkedVersion) -> None:
        fields = {
            "artifactID": artifact,
            "artifactPortfolioName": link.name,
            "entityName": link.entity or self._run["entityName"],
            "projectName": link.project or self._run["projectName"],
            "aliases": [{"artifactCollectionName": link.name, "alias": alias} for alias in link.aliases],
        }
        self._graphql.execute("LinkArtifact", {"input": fields})

    def _use(self, artifact: str) -> None:
        self._graphql.execute("UseArtifact", {**self._run, "artifactID": artifact})

    def _send_contents(self, record: ArtifactRecord, created: _CreatedVersion) -> int | None:
        """Send files and manifest, and commit the version unless other writers add to it; return its number then."""
        artifact, base = created.id, created.base
        manifest, _ = self._create_manifest(record, artifact, base)
        self._send_files(record, artifact, manifest)
        content = manifest_json(record.entries).encode()
        if record.incremental:
            file = self._update_manifest(manifest, base, bytes_digest(content))
        else:
            _, file = self._create_manifest(record, artifact, base, bytes_digest(content))
        target = _target(self._network.base_url, file)
        self._pool.run([partial(_put, record, _manifest_file(record), target, content)])
        if not record.is_final:
            return None
        data = self._graphql.execute("CommitArtifact", {"artifactID": artifact})
        with _usable_answer(self._network.base_url, "CommitArtifact"):
            return _number(as_object(as_object(data.get("commitArtifact")).get("artifact")))

    def _create(self, record: ArtifactRecord) -> _CreatedVersion:
        fields = {
            **self._run,
            "artifactTypeName": record.type,
            "artifactCollectionName": record.name,
            "digest": record.digest,
            "digestAlgorithm": DIGEST_ALGORITHM,
            "description": record.description or None,
            "metadata": record.metadata or None,
            "aliases": [{"artifactCollectionName": record.name, "alias": alias} for alias in record.aliases],
            "clientID": record.client_id,
            "sequenceClientID": record.sequence_client_id,
            "enableDigestDeduplication": True,
            **_optional_fields(record),
        }
        data = self._graphql.execute("CreateArtifact", {"input": fields})
        with _usable_answer(self._network.base_url, "CreateArtifact"):
            artifact = as_object(as_object(data.get("createArtifact")).get("artifact"))
            latest = as_object(as_object(artifact.get("artifactSequence")).get("latestArtifact"))
            if not (identifier := as_text(artifact.get("id"))):
                raise ValueError("it has no id")
            base, is_committed = as_text(latest.get("id")) or None, artifact.get("state") == _COMMITTED
            return _CreatedVersion(identifier, base, is_committed, _number(artifact))

    def _create_manifest(
        self, record: ArtifactRecord, artifact: str, base: str | None, digest: str = ""
    ) -> tuple[str, dict[str, Any]]:
        """Announce the manifest; return its id and, with its *digest*, where to put it."""
        variables = {
            **self._run,
            "artifactID": artifact,
            "baseArtifactID": base,
            "name": _manifest_file(record),
            "digest": digest,
            "manifestType": _manifest_type(record),
            "includeUpload": bool(digest),
        }
        return self._manifest("createArtifactManifest", variables)

    def _update_manifest(self, manifest: str, base: str | None, digest: str) -> dict[str, Any]:
        """Announce the content of an incremental manifest, which cannot be created again; return where to put it."""
        ids = {"artifactManifestID": manifest, "baseArtifactID": base}
        return self._manifest("updateArtifactManifest", {**ids, "digest": digest, "includeUpload": True})[1]

    def _manifest(self, field: str, variables: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        operation = field[0].upper() + field[1:]
        data = self._graphql.execute(operation, variables)
        with _usable_answer(self._network.base_url, operation):
            manifest = as_object(as_object(data.get(field)).get("artifactManifest"))
            return as_text(manifest.get("id")), as_object(manifest.get("file"))

    def _send_files(self, record: ArtifactRecord, artifact: str, manifest: str) -> None:
        """Put the files that the server lacks, several concurrently."""
        digests = {path: entry.digest for path, entry in record.entries.items() if not entry.ref}
        paths = iter(sorted(digests))
        while names := list(islice(paths, MAX_NAMES_PER_REQUEST)):
            ids = {"artifactID": artifact, "artifactManifestID": manifest}
            specs = [{**ids, "name": name, "md5": digests[name]} for name in names if not _is_large(record, name)]
            self._put_files(record, specs, self._create_files(specs))
            for name in names:
                if _is_large(record, name):
                    self._send_large_file(record, name, {**ids, "name": name, "md5": digests[name]})

    def _put_files(self, record: ArtifactRecord, specs: list[dict[str, Any]], files: list[dict[str, Any]]) -> None:
        """Put the files announced by *specs*: *files* are the server's answers, without an address if it has one."""
        targets = [_target(self._network.base_url, file) for file in files]
        self._pool.run(
            [
                partial(self._put_file, record, spec, target)
                for spec, target in zip(specs, targets, strict=True)
                if target[0]
            ]
        )

    def _send_large_file(self, record: ArtifactRecord, name: str, spec: dict[str, Any]) -> None:
        """Put a file in parts, if the server gives addresses for them; a part that fails is sent again alone."""
        with self._opened(record, name) as content:
            parts = list_parts(content)
        file, upload, addresses = self._announce_parts(spec, parts)
        if not upload:
            self._put_files(record, [spec], [file])
            return

        def renew(number: int, graphql: GraphQLClient) -> tuple[str, dict[str, str]]:
            renewed = self._announce_parts(spec, parts, graphql)[2]
            addresses.update(renewed)
            return renewed.get(number, ""), parts[number - 1].headers

        checksums = self._pool.run(
            [partial(self._put_part, record, name, part, addresses, partial(renew, part.number)) for part in parts]
        )
        completed = [part.spec(checksum) for part, checksum in zip(parts, checksums, strict=True)]
        self._graphql.execute(
            "CompleteMultipartUploadArtifact",
            {
                "completeMultipartAction": "Complete",
                "completedParts": completed,
                "artifactID": spec["artifactID"],
                "storagePath": file.get("storagePath"),
                "uploadID": upload,
            },
        )

    def _announce_parts(
        self, spec: dict[str, Any], parts: list[UploadPart], graphql: GraphQLClient | None = None
    ) -> tuple[dict[str, Any], str, dict[int, str]]:
        """Announce a file in parts; return the server's answer, the id of the upload and the addresses of the parts."""
        specs = [{**spec, "uploadPartsInput": [part.spec() for part in parts]}]
        (file,) = self._create_files(specs, "CreateArtifactFilesInParts", graphql)
        with _usable_answer(self._network.base_url, "CreateArtifactFiles"):
            return file, *part_addresses(file, parts)

    @contextmanager
    def _opened(self, record: ArtifactRecord, name: str) -> Iterator[BinaryIO]:
        try:
            with self._open_content(record.entries[name]) as content:
                yield content
        except OSError as error:
            raise RefusedError(f"its file {name} cannot be read: {error}", 0) from error

    def _put_part(  # noqa: PLR0917 -- a part, its address, and what sends it
        self,
        record: ArtifactRecord,
        name: str,
        part: UploadPart,
        addresses: dict[int, str],
        renew: Renew,
        uploads: FileUploads,
    ) -> str:
        digest, url = part.md5.hex(), addresses[part.number]
        if uploads.has_content(url, digest):  # since an upload that was interrupted
            return digest
        content = partial(self._open_content, record.entries[name])
        span = (part.start, part.size)
        checksum = uploads.put_part(f"{record.name}/{name}", url, part.headers, content, span, renew)
        if checksum is None:
            raise RefusedError(f"part {part.number} of its file {name} was not sent", 0)
        return checksum

    def _put_file(
        self, record: ArtifactRecord, spec: dict[str, Any], target: tuple[str, dict[str, str]], uploads: FileUploads
    ) -> None:
        def renew(graphql: GraphQLClient) -> tuple[str, dict[str, str]]:
            (file,) = self._create_files([spec], graphql=graphql)
            return _target(self._network.base_url, file)

        _put(record, spec["name"], target, partial(self._open_content, record.entries[spec["name"]]), uploads, renew)

    def _create_files(
        self,
        specs: list[dict[str, Any]],
        operation: str = "CreateArtifactFiles",
        graphql: GraphQLClient | None = None,
    ) -> list[dict[str, Any]]:
        """Announce files; return where to put each, in their order. Without an address, the server has the file."""
        if not specs:
            return []
        connection = graphql or self._graphql
        data = connection.execute(operation, {"input": {"artifactFiles": specs, "storageLayout": _STORAGE_LAYOUT}})
        with _usable_answer(self._network.base_url, "CreateArtifactFiles"):
            edges = as_list(as_object(as_object(data.get("createArtifactFiles")).get("files")).get("edges"))
            if len(edges) != len(specs):
                raise ValueError(f"{len(edges)} files instead of {len(specs)}")
            return [as_object(as_object(edge).get("node")) for edge in edges]


def _put(  # noqa: PLR0917 -- a file, its address, and what sends it
    record: ArtifactRecord,
    name: str,
    target: tuple[str, dict[str, str]],
    content: Content,
    uploads: FileUploads,
    renew: Renew | None = None,
) -> None:
    if not uploads.put(f"{record.name}/{name}", *target, content, renew):
        raise RefusedError(f"its file {name} was not sent", 0)


def _is_large(record: ArtifactRecord, name: str) -> bool:
    return record.entries[name].size >= upload_parts.MIN_MULTIPART_BYTES


def _optional_fields(record: ArtifactRecord) -> dict[str, Any]:
    """Return the fields that only some versions have, and that not every server knows."""
    fields: dict[str, Any] = {}
    if record.tags:
        fields["tags"] = [{"tagName": tag} for tag in record.tags]
    if 0 < record.ttl <= _MAX_TTL_SECONDS:
        fields["ttlDurationSeconds"] = record.ttl
    if record.distributed_id:
        fields["distributedID"] = record.distributed_id
    if record.step is not None:
        fields["historyStep"] = record.step + 1  # W&B's form: the step that is next
    return fields


def _number(artifact: dict[str, Any]) -> int | None:
    number = artifact.get("versionIndex")
    return number if type(number) is int and number >= 0 else None


def _manifest_type(record: ArtifactRecord) -> str:
    if record.distributed_id:
        return "PATCH"
    return "INCREMENTAL" if record.incremental else "FULL"


@contextmanager
def _usable_answer(server: str, operation: str) -> Iterator[None]:
    """Refuse the artifact, and nothing else of the run, where the answer to *operation* has an unexpected form."""
    try:
        with well_formed(server, operation):
            yield
    except CommError as error:
        raise RefusedError(str(error), 0) from error


def _manifest_file(record: ArtifactRecord) -> str:
    return MANIFEST_FILES[_manifest_type(record)]


def _target(server: str, file: dict[str, Any]) -> tuple[str, dict[str, str]]:
    """Return the address for a file, empty if there is none, and the headers to send with it."""
    with _usable_answer(server, "the upload of an artifact"):
        return as_text(file.get("uploadUrl")), parse_headers(file.get("uploadHeaders"))
