"""Versions of artifacts: found by name, number, alias or id, listed, and counted."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from sqlalchemy import and_, func, insert, select

from wandb_nb.server.storage.artifacts.collection_store import find_collection
from wandb_nb.server.storage.project_store import project_by_id
from wandb_nb.server.storage.tables import (
    artifact_aliases,
    artifact_client_ids,
    artifact_collections,
    artifact_memberships,
    artifact_types,
    artifacts,
    projects,
    runs,
)
from wandb_nb.server.storage.users import Right

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy import Connection

    from wandb_nb.server.storage.project_store import Project
    from wandb_nb.server.storage.users import User

LATEST = "latest"
VERSION = re.compile(r"v(\d{1,9})")


def artifact_by_id(connection: Connection, artifact_id: int | None) -> Any:
    """Return the row of the artifact, committed or not, or None."""
    if artifact_id is None:
        return None
    return connection.execute(select_artifacts().where(artifacts.c.id == artifact_id)).first()


def artifacts_by_client_id(connection: Connection, client_id: str) -> list[Any]:
    """Return the rows of the artifacts to which a client gave the id *client_id*, or the newest of such a sequence."""
    ids = select(artifact_client_ids.c.artifact_id).where(artifact_client_ids.c.client_id == client_id)
    rows = list(connection.execute(select_artifacts().where(artifacts.c.id.in_(ids)).order_by(artifacts.c.id)))
    if rows:
        return rows
    newest = select_artifacts().where(artifact_collections.c.client_id == client_id, is_committed())
    return list(connection.execute(newest.order_by(artifact_memberships.c.version.desc()).limit(1)))


def add_client_id(connection: Connection, artifact_id: int, client_id: str) -> None:
    """Store that a client calls an artifact by the id *client_id*."""
    values = {"client_id": client_id, "artifact_id": artifact_id}
    condition = (artifact_client_ids.c.client_id == client_id, artifact_client_ids.c.artifact_id == artifact_id)
    if connection.execute(select(artifact_client_ids).where(*condition)).first() is None:
        connection.execute(insert(artifact_client_ids).values(**values))


def find_membership(connection: Connection, project: Project, name: str) -> Any:
    """Return the row of the membership that *name* means, like `data:v3` or `data:best`; without alias, the latest."""
    collection_name, _, alias = name.partition(":")
    collection = find_collection(connection, project, collection_name)
    return None if collection is None else membership_by_alias(connection, collection.id, alias or LATEST)


def membership_by_alias(connection: Connection, collection_id: int, alias: str) -> Any:
    """Return the row of the membership with this number or alias in a collection, or None."""
    of_collection = artifact_memberships.c.collection_id == collection_id
    if number := VERSION.fullmatch(alias):
        condition = artifact_memberships.c.version == int(number[1])
        return connection.execute(select(artifact_memberships).where(of_collection, condition)).first()
    joined = artifact_memberships.join(artifact_aliases, artifact_aliases.c.membership_id == artifact_memberships.c.id)
    condition = and_(artifact_aliases.c.collection_id == collection_id, artifact_aliases.c.alias == alias)
    return connection.execute(select(artifact_memberships).select_from(joined).where(condition)).first()


def membership_of(connection: Connection, collection_id: int, artifact_id: int) -> Any:
    """Return the row of the membership of an artifact in a collection, or None."""
    condition = (
        artifact_memberships.c.collection_id == collection_id,
        artifact_memberships.c.artifact_id == artifact_id,
    )
    return connection.execute(select(artifact_memberships).where(*condition)).first()


def list_memberships(connection: Connection, collection_id: int, first: int, limit: int) -> list[Any]:
    """Return the rows of memberships in a collection, newest first: *limit* from number *first* on."""
    query = select(artifact_memberships).where(artifact_memberships.c.collection_id == collection_id)
    query = query.order_by(artifact_memberships.c.version.desc()).offset(first).limit(limit)
    return list(connection.execute(query))


def memberships_of_artifact(connection: Connection, artifact_id: int) -> list[Any]:
    """Return the rows of all memberships of an artifact, in the order in which they were made."""
    query = select(artifact_memberships).where(artifact_memberships.c.artifact_id == artifact_id)
    return list(connection.execute(query.order_by(artifact_memberships.c.id)))


def artifacts_by_ids(connection: Connection, ids: list[int]) -> dict[int, Any]:
    """Return the rows of the artifacts by their ids."""
    rows = connection.execute(select_artifacts().where(artifacts.c.id.in_(ids)))
    return {row.id: row for row in rows}


def list_aliases(connection: Connection, membership_id: int) -> list[str]:
    """Return the aliases of a membership, without its number."""
    condition = artifact_aliases.c.membership_id == membership_id
    query = select(artifact_aliases.c.alias).where(condition).order_by(artifact_aliases.c.alias)
    return list(connection.execute(query).scalars())


def aliases_by_membership(connection: Connection, ids: list[int]) -> dict[int, list[str]]:
    """Return the aliases of each of the memberships, without numbers."""
    query = select(artifact_aliases.c.membership_id, artifact_aliases.c.alias).order_by(artifact_aliases.c.alias)
    names: dict[int, list[str]] = {membership_id: [] for membership_id in ids}
    for membership_id, alias in connection.execute(query.where(artifact_aliases.c.membership_id.in_(ids))):
        names[membership_id].append(alias)
    return names


def run_names(connection: Connection, ids: Iterable[int | None]) -> dict[int, Any]:
    """Return the rows of runs by their ids, with `name` and `display_name` only."""
    wanted = sorted({run_id for run_id in ids if run_id is not None})
    rows = connection.execute(select(runs.c.id, runs.c.name, runs.c.display_name).where(runs.c.id.in_(wanted)))
    return {row.id: row for row in rows}


def readable_project_ids(connection: Connection, user: User, rows: Iterable[Any]) -> set[int]:
    """Return the ids of those projects of artifacts *rows* that *user* may read."""
    ids = {row.project_id for row in rows}
    return {each for each in ids if project_by_id(connection, user, each).right >= Right.READ}


def collection_aliases(connection: Connection, collection_id: int) -> list[str]:
    """Return all aliases in a collection, without numbers."""
    condition = artifact_aliases.c.collection_id == collection_id
    query = select(artifact_aliases.c.alias).where(condition).order_by(artifact_aliases.c.alias)
    return list(connection.execute(query).scalars())


def list_output(connection: Connection, run_id: int, first: int, limit: int) -> list[Any]:
    """Return the rows of the versions that a run made, oldest first: *limit* from number *first* on."""
    query = select_artifacts().where(artifacts.c.run_id == run_id, is_committed()).order_by(artifacts.c.id)
    return list(connection.execute(query.offset(first).limit(limit)))


def newest_output(connection: Connection, run_id: int, limit: int, other_than: Iterable[str]) -> list[Any]:
    """Return the rows of the newest *limit* versions that a run made, oldest first, without these types."""
    query = select_artifacts().where(artifacts.c.run_id == run_id, is_committed())
    query = query.where(artifact_types.c.name.not_in(list(other_than))).order_by(artifacts.c.id.desc())
    return list(connection.execute(query.limit(limit)))[::-1]


def count_output(connection: Connection, run_id: int) -> int:
    """Return how many versions a run made."""
    query = select(func.count()).select_from(artifacts).where(artifacts.c.run_id == run_id, is_committed())
    return connection.execute(query).scalar() or 0


def output_ids(connection: Connection, run_id: int) -> list[int]:
    """Return the ids of all artifacts that a run made, committed or not."""
    return list(connection.execute(select(artifacts.c.id).where(artifacts.c.run_id == run_id)).scalars())


def is_committed() -> Any:
    """Return the condition under which an artifact is a version."""
    return artifacts.c.manifest_id.is_not(None)


def select_artifacts() -> Any:
    """Select artifacts with their number, which is None before the commit, and with collection, type and project."""
    own_number = and_(
        artifact_memberships.c.artifact_id == artifacts.c.id,
        artifact_memberships.c.collection_id == artifacts.c.collection_id,
    )
    joined = (
        artifacts.join(artifact_collections, artifacts.c.collection_id == artifact_collections.c.id)
        .join(artifact_types, artifact_collections.c.type_id == artifact_types.c.id)
        .join(projects, artifact_collections.c.project_id == projects.c.id)
        .outerjoin(artifact_memberships, own_number)
    )
    added = (
        artifact_memberships.c.version,
        artifact_collections.c.name.label("collection"),
        artifact_collections.c.project_id,
        artifact_types.c.name.label("type"),
        projects.c.entity,
        projects.c.name.label("project"),
    )
    return select(artifacts, *added).select_from(joined)
