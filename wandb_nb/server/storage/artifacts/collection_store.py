"""Names of artifacts and their types: a sequence has versions of its own, a portfolio has links to other versions."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select, update

from wandb_nb.errors import UsageError
from wandb_nb.server.storage import server_ids
from wandb_nb.server.storage.database import inserted_id
from wandb_nb.server.storage.tables import artifact_collections, artifact_memberships, artifact_types, artifacts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from wandb_nb.server.storage.project_store import Project

_MAX_COLLECTIONS = 1_000_000
"""Enough for a table that grows in each of many runs: each is a name of its own."""
MAX_TAGS = 100
_MAX_TAG = 256


def list_types(connection: Connection, project: Project) -> list[Any]:
    """Return the rows of the types of *project*, by name."""
    query = select(artifact_types).where(artifact_types.c.project_id == project.id).order_by(artifact_types.c.name)
    return list(connection.execute(query))


def find_type(connection: Connection, project: Project, name: str) -> Any:
    """Return the row of the type, or None."""
    condition = (artifact_types.c.project_id == project.id, artifact_types.c.name == name)
    return connection.execute(select(artifact_types).where(*condition)).first()


def require_type(connection: Connection, project: Project, name: str, description: str | None = None) -> Any:
    """Return the row of the type, creating it if it does not exist.

    Raises:
        UsageError: The name cannot be used.

    """
    if (row := find_type(connection, project, name)) is not None:
        return row
    values = {"project_id": project.id, "name": _check_name(name, "artifact type"), "created": time.time()}
    connection.execute(insert(artifact_types).values(description=description, **values))
    return find_type(connection, project, name)


def find_collection(connection: Connection, project: Project, name: str) -> Any:
    """Return the row of the collection, or None."""
    condition = (artifact_collections.c.project_id == project.id, artifact_collections.c.name == name)
    return connection.execute(_select_collections().where(*condition)).first()


def collection_by_id(connection: Connection, collection_id: int | None) -> Any:
    """Return the row of the collection, or None."""
    if collection_id is None:
        return None
    return connection.execute(_select_collections().where(artifact_collections.c.id == collection_id)).first()


def list_collections(connection: Connection, project: Project, kind: str | None, first: int, limit: int) -> list[Any]:
    """Return the rows of the collections of *project*, of one type or of all, by name: *limit* from number *first*."""
    query = _select_collections().where(*_of_project(project, kind)).order_by(artifact_collections.c.name)
    return list(connection.execute(query.offset(first).limit(limit)))


def count_collections(connection: Connection, project: Project, kind: str | None) -> int:
    """Return how many collections *project* has, of one type or of all."""
    joined = artifact_collections.join(artifact_types, artifact_collections.c.type_id == artifact_types.c.id)
    query = select(func.count()).select_from(joined).where(*_of_project(project, kind))
    return connection.execute(query).scalar() or 0


def require_collection(
    connection: Connection, project: Project, kind: str, name: str, *, is_portfolio: bool, client_id: str | None = None
) -> Any:
    """Return the row of the collection, creating it if it does not exist.

    Raises:
        UsageError: The name cannot be used, or it is the name of something of another type.

    """
    row = find_collection(connection, project, name)
    if row is None:
        return _create_collection(connection, project, kind, name, is_portfolio=is_portfolio, client_id=client_id)
    if row.type != kind:
        raise UsageError(f"the artifact {name} has the type {row.type[:40]!r}, not {kind[:40]!r}; choose another name")
    if row.is_portfolio != is_portfolio:
        form = "a portfolio" if row.is_portfolio else "not a portfolio"
        raise UsageError(f"{name} is {form} in this project; choose another name")
    return row


def _create_collection(
    connection: Connection, project: Project, kind: str, name: str, *, is_portfolio: bool, client_id: str | None
) -> Any:
    if count_collections(connection, project, None) >= _MAX_COLLECTIONS:
        raise UsageError(f"a project has at most {_MAX_COLLECTIONS} names of artifacts; delete some")
    now = time.time()
    values = {
        "project_id": project.id,
        "type_id": require_type(connection, project, kind).id,
        "name": _check_name(name, "artifact name"),
        "is_portfolio": is_portfolio,
        "client_id": client_id,
        "created": now,
        "updated": now,
    }
    return collection_by_id(connection, inserted_id(connection.execute(insert(artifact_collections).values(**values))))


def update_collection(connection: Connection, row: Any, name: str | None, description: str | None) -> Any:
    """Change name and description of a collection where they are given; return its row.

    Raises:
        UsageError: The name cannot be used, or is in use.

    """
    values: dict[str, Any] = {"updated": time.time()}
    if name is not None and name != row.name:
        same_name = select(artifact_collections.c.id).where(
            artifact_collections.c.project_id == row.project_id, artifact_collections.c.name == name
        )
        if connection.execute(same_name).first() is not None:
            raise UsageError(f"the project has another artifact named {name[:40]!r}; choose another name")
        values["name"] = _check_name(name, "artifact name")
    if description is not None:
        values["description"] = description
    _change(connection, row.id, values)
    return collection_by_id(connection, row.id)


def change_type(connection: Connection, project: Project, row: Any, kind: str) -> Any:
    """Give a collection of *project*, and so its versions, another type, which is created if necessary; return its row.

    Raises:
        UsageError: The name of the type cannot be used, or the collection is a portfolio.

    """
    if row.is_portfolio:
        raise UsageError(
            f"{row.name} is a portfolio, whose links keep their type; link versions of another type elsewhere"
        )
    _change(connection, row.id, {"type_id": require_type(connection, project, kind).id, "updated": time.time()})
    return collection_by_id(connection, row.id)


def change_tags(tags: str, added: Sequence[str], removed: Sequence[str]) -> str:
    """Return the JSON text *tags* of a list with some added and some removed.

    Raises:
        UsageError: There are too many, or one is too long.

    """
    names = [name for name in dict.fromkeys([*json.loads(tags), *added]) if name not in set(removed)]
    if len(names) > MAX_TAGS or any(len(name) > _MAX_TAG for name in names):
        raise UsageError(f"there can be at most {MAX_TAGS} tags, each of at most {_MAX_TAG} characters")
    return json.dumps(names)


def update_collection_tags(
    connection: Connection, row: Any, added: Sequence[str] = (), removed: Sequence[str] = ()
) -> list[str]:
    """Add and remove tags of a collection; return them.

    Raises:
        UsageError: There are too many, or one is too long.

    """
    tags = change_tags(row.tags, added, removed)
    _change(connection, row.id, {"tags": tags, "updated": time.time()})
    return list(json.loads(tags))


def delete_collection(connection: Connection, collection_id: int) -> None:
    """Delete the collection with its versions."""
    connection.execute(delete(artifact_collections).where(artifact_collections.c.id == collection_id))


def next_version(connection: Connection, collection_id: int) -> int:
    """Return the number for a new version and count it, so that it is never used again."""
    condition = artifact_collections.c.id == collection_id
    number = connection.execute(select(artifact_collections.c.next_version).where(condition)).scalar_one()
    _change(connection, collection_id, {"next_version": number + 1, "updated": time.time()})
    return int(number)


def latest_artifact(connection: Connection, collection_id: int) -> Any:
    """Return the id of the newest version of a collection, or None."""
    query = select(artifact_memberships.c.artifact_id).where(artifact_memberships.c.collection_id == collection_id)
    return connection.execute(query.order_by(artifact_memberships.c.version.desc()).limit(1)).scalar()


def count_versions(connection: Connection, collection_ids: Sequence[int]) -> dict[int, int]:
    """Return how many versions each of the collections has; those without are left out."""
    query = select(artifact_memberships.c.collection_id, func.count())
    query = query.where(artifact_memberships.c.collection_id.in_(collection_ids))
    rows = connection.execute(query.group_by(artifact_memberships.c.collection_id))
    return {row[0]: row[1] for row in rows}


def artifact_ids(connection: Connection, collection_id: int) -> list[int]:
    """Return the ids of all artifacts that were made in a collection, committed or not."""
    return list(connection.execute(select(artifacts.c.id).where(artifacts.c.collection_id == collection_id)).scalars())


def _select_collections() -> Any:
    joined = artifact_collections.join(artifact_types, artifact_collections.c.type_id == artifact_types.c.id)
    return select(artifact_collections, artifact_types.c.name.label("type")).select_from(joined)


def _of_project(project: Project, kind: str | None) -> list[Any]:
    conditions: list[Any] = [artifact_collections.c.project_id == project.id]
    return conditions if kind is None else [*conditions, artifact_types.c.name == kind]


def _change(connection: Connection, collection_id: int, values: dict[str, Any]) -> None:
    condition = artifact_collections.c.id == collection_id
    connection.execute(update(artifact_collections).where(condition).values(**values))


def _check_name(name: str, kind: str) -> str:
    if ":" in name:
        raise UsageError(f"the {kind} {name[:40]!r} cannot be used: leave out the colon")
    return server_ids.check_name(name, kind)
