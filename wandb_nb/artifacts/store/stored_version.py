"""What is known of one stored version besides its files, and its JSON."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from typing import Any

MAX_VERSION_BYTES = 4 << 20


@dataclass(frozen=True)
class LineageRun:
    """A run that made or used a version. *directory* is its folder on this machine, if it has one."""

    id: str
    project: str
    entity: str = ""
    name: str = ""
    directory: str = ""

    @property
    def path(self) -> str:
        """Entity (where known), project and id, joined by slashes."""
        return "/".join(part for part in (self.entity, self.project, self.id) if part)


@dataclass(frozen=True)
class StoredVersion:
    """One version. Times are unix seconds, *ttl* seconds, *digest* is the manifest's in hexadecimal.

    *server_numbers* has the number of the version on each server that it was sent to, by the server's address.
    *source* is the qualified name of the version that this one is a link to, *run* the one that logged or linked it,
    *step* that of the newest row that the run had logged before it, None if there was none or it is unknown.
    """

    entity: str
    project: str
    name: str
    type: str
    index: int
    digest: str
    client_id: str
    created: float
    size: int
    file_count: int
    sequence_client_id: str = ""
    updated: float = 0.0
    description: str = ""
    metadata: dict[str, Any] = field(default_factory=dict)
    tags: list[str] = field(default_factory=list)
    ttl: float | None = None
    incremental: bool = False
    source: str = ""
    run: LineageRun | None = None
    step: int | None = None
    server_numbers: dict[str, int] = field(default_factory=dict)

    @property
    def version(self) -> str:
        """The version as in "v0"."""
        return f"v{self.index}"

    @property
    def record_id(self) -> str:
        """The id in the record of a use: the one that its maker gave, for a version of a server the server's."""
        return self.client_id

    @property
    def collection_path(self) -> str:
        """Entity (where known), project and name, joined by slashes."""
        return "/".join(part for part in (self.entity, self.project, self.name) if part)

    @property
    def qualified_name(self) -> str:
        """Entity (where known), project, name and version: "team/digits/data:v0"."""
        return f"{self.collection_path}:{self.version}"


_TYPES: dict[str, tuple[type, ...]] = {
    **dict.fromkeys(("entity", "project", "name", "type", "digest", "client_id", "sequence_client_id"), (str,)),
    **dict.fromkeys(("description", "source"), (str,)),
    **dict.fromkeys(("index", "size", "file_count"), (int,)),
    **dict.fromkeys(("created", "updated"), (int, float)),
    "ttl": (int, float, type(None)),
    "step": (int, type(None)),
    **dict.fromkeys(("metadata", "server_numbers"), (dict,)),
    "tags": (list,),
    "incremental": (bool,),
}
_RUN_FIELDS = frozenset(item.name for item in fields(LineageRun))


def version_json(version: StoredVersion) -> str:
    """Return *version* as the text of its file."""
    return json.dumps(asdict(version))


def read_version(text: str | bytes) -> StoredVersion:
    """Return the version that *text* has; raise ValueError or TypeError if it is not one."""
    content = json.loads(text)
    if not isinstance(content, dict):
        raise TypeError("not a version of an artifact")
    values = {name: content[name] for name, types in _TYPES.items() if isinstance(content.get(name), types)}
    return StoredVersion(**values, run=read_run(content.get("run")))


def read_run(content: Any) -> LineageRun | None:
    """Return the run that the JSON object *content* has, None if it is not one."""
    if not isinstance(content, dict) or not {"id", "project"} <= content.keys():
        return None
    return LineageRun(**{name: str(value) for name, value in content.items() if name in _RUN_FIELDS})
