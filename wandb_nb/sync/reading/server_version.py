"""A version of a server, as its answers describe it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from wandb_nb.artifacts.store.stored_version import LineageRun, StoredVersion
from wandb_nb.sync.http.answers import as_count, as_list, as_name, as_object, as_text
from wandb_nb.untrusted_json import load_object

_DAY_SECONDS = 86_400


@dataclass(frozen=True)
class ServerVersion(StoredVersion):
    """A stored version with the server's id of it, and its aliases."""

    node_id: str = ""
    aliases: tuple[str, ...] = ()

    @property
    def record_id(self) -> str:
        """The server's id."""
        return self.node_id


def version_of_membership(membership: dict[str, Any]) -> ServerVersion | None:
    """Return the version in a *membership*: in the collection that was asked for, also if that one has a link to it."""
    artifact = as_object(membership.get("artifact"))
    collection = as_object(membership.get("artifactCollection"))
    aliases = tuple(as_name(as_object(each).get("alias")) for each in as_list(membership.get("aliases")))
    return version_of(artifact, collection, membership.get("versionIndex"), aliases) if artifact else None


def version_of(
    artifact: dict[str, Any], collection: dict[str, Any] | None = None, index: Any = None, aliases: tuple[str, ...] = ()
) -> ServerVersion:
    """Return the version in an *artifact* node, as a member of *collection*, by default of its own.

    Raises:
        TypeError: The node has another form than expected.
        ValueError: The same.

    """
    own = as_object(artifact.get("artifactSequence"))
    place = collection or own
    project = as_object(place.get("project"))
    number = as_count(artifact.get("versionIndex") if index is None else index)
    names = (as_name(project.get("entityName")), as_name(project.get("name")), as_name(place.get("name")))
    ttl, next_step = artifact.get("ttlDurationSeconds"), artifact.get("historyStep")
    return ServerVersion(
        *names,
        type=as_name(as_object(artifact.get("artifactType")).get("name")),
        index=number,
        digest=as_name(artifact.get("digest")),
        client_id="",
        created=_seconds(artifact.get("createdAt")),
        updated=_seconds(artifact.get("updatedAt")),
        size=as_count(artifact.get("size")),
        file_count=as_count(artifact.get("fileCount")),
        description=as_text(artifact.get("description")),
        metadata=load_object(as_text(artifact.get("metadata")) or "{}") or {},
        tags=[as_name(as_object(tag).get("name")) for tag in as_list(artifact.get("tags"))],
        ttl=float(ttl) if isinstance(ttl, int) and ttl > 0 else None,
        source="" if collection is None or place.get("name") == own.get("name") else _path(own, artifact),
        run=run_of(as_object(artifact.get("createdBy"))),
        step=max(0, next_step - 1) if isinstance(next_step, int) else None,
        node_id=as_text(artifact.get("id")),
        aliases=aliases,
    )


def run_of(node: dict[str, Any]) -> LineageRun | None:
    """Return the run in a *node*; None if it is not one."""
    name = as_name(node.get("name"))
    project = as_object(node.get("project"))
    if not name:
        return None
    return LineageRun(
        name, as_name(project.get("name")), as_name(project.get("entityName")), as_name(node.get("displayName"))
    )


def _path(sequence: dict[str, Any], artifact: dict[str, Any]) -> str:
    project = as_object(sequence.get("project"))
    parts = (as_name(project.get("entityName")), as_name(project.get("name")), as_name(sequence.get("name")))
    return f"{'/'.join(parts)}:v{as_count(artifact.get('versionIndex'))}"


def _seconds(value: Any) -> float:
    """Return a server's time in unix seconds; 0 without one. Raises ValueError if it is not a time."""
    text = as_text(value)
    return datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp() if text else 0.0
