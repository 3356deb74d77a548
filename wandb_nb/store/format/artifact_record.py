"""The record of an artifact: a version with its manifest, which says which files it has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wandb_nb.store.format.record_items import as_text
from wandb_nb.store.format.wire import WireMessage, fields

if TYPE_CHECKING:
    from collections.abc import Mapping

STORAGE_POLICY = "wandb-storage-policy-v1"
DIGEST_ALGORITHM = "MANIFEST_MD5"
CLIENT_ID_LENGTH = 128
ARTIFACT, LINKED_ARTIFACT, USED_ARTIFACT = 8, 24, 25
"""The numbers of the records."""


@dataclass(frozen=True, slots=True)
class ManifestEntry:
    """A file of an artifact: its MD5 in base64, its size in bytes, and where its content is on this machine."""

    digest: str
    size: int
    local_path: str = ""
    ref: str = ""


@dataclass(frozen=True, slots=True)
class ArtifactRecord:
    """A version that a run logged, and uses if *is_used*. *digest* is the manifest's; the client makes the ids.

    *ttl* is in seconds, 0 where none was given. Several runs write one version where *distributed_id* is given; the
    version is complete with the record that *is_final*. *step* is that of the newest row before it, where known; the
    bytes of a record do not have it.
    """

    run_id: str
    project: str
    entity: str
    type: str
    name: str
    digest: str
    client_id: str
    sequence_client_id: str
    description: str = ""
    metadata: str = ""
    aliases: tuple[str, ...] = ("latest",)
    tags: tuple[str, ...] = ()
    is_used: bool = False
    incremental: bool = False
    ttl: int = 0
    distributed_id: str = ""
    is_final: bool = True
    entries: Mapping[str, ManifestEntry] = field(default_factory=dict)
    step: int | None = None


@dataclass(frozen=True, slots=True)
class UsedVersion:
    """A version that a run uses, by the id that its maker gave it, or by that of the server that has it."""

    client_id: str
    type: str
    name: str


@dataclass(frozen=True, slots=True)
class LinkedVersion:
    """A version that is linked to the collection *name*; without *project* and *entity* it is in the run's."""

    client_id: str
    name: str
    project: str = ""
    entity: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        """Entity and project (where given) and name of the collection, joined by slashes."""
        return "/".join(part for part in (self.entity, self.project, self.name) if part)


def artifact(record: ArtifactRecord) -> bytes:
    """Return *record* as the bytes of a record without its number."""
    message = WireMessage().text(1, record.run_id).text(2, record.project).text(3, record.entity).text(4, record.type)
    message.text(5, record.name).text(6, record.digest).text(7, record.description).text(8, record.metadata)
    message.varint(10, value=record.is_used)
    for alias in record.aliases:
        message.text(11, alias)
    message.message(12, _manifest(record.entries)).text(13, record.distributed_id)
    message.varint(14, value=record.is_final)
    message.text(15, record.client_id).text(16, record.sequence_client_id).varint(18, value=record.ttl)
    for tag in record.tags:
        message.text(19, tag)
    message.text(20, DIGEST_ALGORITHM)
    message.varint(100, value=record.incremental)
    return WireMessage().message(ARTIFACT, message).encode()


def used_artifact(identifier: str, kind: str, name: str) -> bytes:
    """Return the bytes of the record of a version that the run uses: its id, type and qualified name."""
    return WireMessage().message(USED_ARTIFACT, WireMessage().text(1, identifier).text(2, kind).text(3, name)).encode()


def linked_artifact(link: LinkedVersion) -> bytes:
    """Return the bytes of the record of a version that the run linked to a collection."""
    message = WireMessage().text(1, link.client_id).text(3, link.name).text(4, link.entity).text(5, link.project)
    for alias in link.aliases:
        message.text(6, alias)
    return WireMessage().message(LINKED_ARTIFACT, message).encode()


def read_linked_artifact(data: bytes) -> LinkedVersion:
    """Return the link in the bytes of such a record's message."""
    texts = [(number, as_text(raw)) for number, _, raw in fields(data) if isinstance(raw, bytes)]
    single = dict(texts)
    aliases = tuple(text for number, text in texts if number == 6)  # noqa: PLR2004 -- the aliases
    return LinkedVersion(single.get(1, ""), single.get(3, ""), single.get(5, ""), single.get(4, ""), aliases)


def is_server_id(identifier: str) -> bool:
    """Return whether the id of a version in such records is a server's: clients make ids of 128 characters."""
    return len(identifier) != CLIENT_ID_LENGTH


def read_used_artifact(data: bytes) -> UsedVersion:
    """Return the version in the bytes of such a record's message."""
    texts = {number: as_text(raw) for number, _, raw in fields(data) if isinstance(raw, bytes)}
    return UsedVersion(texts.get(1, ""), texts.get(2, ""), texts.get(3, ""))


def _manifest(entries: Mapping[str, ManifestEntry]) -> WireMessage:
    layout = WireMessage().text(1, "storageLayout").text(2, '"V2"')
    manifest = WireMessage().varint(1, 1).text(2, STORAGE_POLICY).message(3, layout)
    for path, entry in sorted(entries.items()):
        message = WireMessage().text(1, path).text(2, entry.digest).text(3, entry.ref).varint(4, entry.size)
        manifest.message(4, message.text(6, entry.local_path))
    return manifest


def read_artifact(data: bytes) -> ArtifactRecord:
    """Return the artifact in the bytes of its message; what a hostile file has in the wrong form is left out."""
    texts: dict[int, str] = {}
    numbers: dict[int, int] = {}
    lists: dict[int, list[str]] = {11: [], 19: []}
    entries: dict[str, ManifestEntry] = {}
    for number, _wire_type, raw in fields(data):
        if isinstance(raw, int):
            numbers[number] = raw
        elif number in lists:
            lists[number].append(as_text(raw))
        elif number == 12:  # noqa: PLR2004 -- the manifest
            entries = dict(_read_entry(each) for key, _, each in fields(raw) if key == 4 and isinstance(each, bytes))  # noqa: PLR2004
        else:
            texts[number] = as_text(raw)
    names = {
        "run_id": 1,
        "project": 2,
        "entity": 3,
        "type": 4,
        "name": 5,
        "digest": 6,
        "description": 7,
        "metadata": 8,
        "distributed_id": 13,
    }
    ids = {"client_id": 15, "sequence_client_id": 16}
    fields_of: dict[str, Any] = {name: texts.get(number, "") for name, number in (names | ids).items()}
    return ArtifactRecord(
        **fields_of,
        aliases=tuple(lists[11]),
        tags=tuple(lists[19]),
        is_used=bool(numbers.get(10)),
        incremental=bool(numbers.get(100)),
        ttl=numbers.get(18, 0),
        is_final=bool(numbers.get(14)),
        entries=entries,
    )


def _read_entry(data: bytes) -> tuple[str, ManifestEntry]:
    texts: dict[int, str] = {}
    size = 0
    for number, _wire_type, raw in fields(data):
        if isinstance(raw, bytes):
            texts[number] = as_text(raw)
        elif number == 4:  # noqa: PLR2004 -- the size
            size = raw
    return texts.get(1, ""), ManifestEntry(texts.get(2, ""), size, texts.get(6, ""), texts.get(3, ""))
