"""Aliases: each means one version of its collection at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select

from wandb_nb.errors import UsageError
from wandb_nb.server.storage.artifacts.version_store import VERSION
from wandb_nb.server.storage.tables import artifact_aliases

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

MAX_ALIASES = 1_000  # of a version
_MAX_ALIAS = 128


def check_aliases(names: Iterable[str]) -> None:
    """Refuse aliases that cannot be part of a name.

    Raises:
        UsageError: There is one.

    """
    for name in names:
        if not 0 < len(name) <= _MAX_ALIAS or any(character in name for character in "/:") or VERSION.fullmatch(name):
            raise UsageError(
                f"the alias {name[:40]!r} is not possible: use 1 to {_MAX_ALIAS} characters without '/' and ':', and "
                "not a number like v3, which is a version's own"
            )


def move_aliases(connection: Connection, membership: Any, names: Sequence[str]) -> None:
    """Let *names* mean this membership, whatever they meant before.

    Raises:
        UsageError: One is not possible, or there are too many.

    """
    check_aliases(names)
    remove_aliases(connection, membership.collection_id, names)
    of_membership = select(func.count()).where(artifact_aliases.c.membership_id == membership.id)
    if (connection.execute(of_membership).scalar() or 0) + len(names) > MAX_ALIASES:
        raise UsageError(f"a version has at most {MAX_ALIASES} aliases; remove some")
    shared = {"collection_id": membership.collection_id, "membership_id": membership.id}
    for name in dict.fromkeys(names):
        connection.execute(insert(artifact_aliases).values(alias=name, **shared))


def remove_aliases(
    connection: Connection, collection_id: int, names: Sequence[str], membership_id: int | None = None
) -> None:
    """Remove aliases of a collection; with *membership_id*, only those that mean it."""
    conditions = [artifact_aliases.c.collection_id == collection_id, artifact_aliases.c.alias.in_(names)]
    if membership_id is not None:
        conditions.append(artifact_aliases.c.membership_id == membership_id)
    connection.execute(delete(artifact_aliases).where(*conditions))
