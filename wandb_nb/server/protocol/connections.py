"""Pages of nodes in the form of GraphQL connections, and the nodes of users and entities."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wandb_nb.server.protocol.team_nodes import EntityNode
from wandb_nb.server.storage.server_ids import global_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wandb_nb.server.storage.users import User

MAX_PAGE = 1_000
_DEFAULT_PAGE = 50
_MAX_DIGITS = 9


def connection_page(nodes: Sequence[Any], after: str | None, first: int | None) -> dict[str, Any]:
    """Return a page of *nodes* as a connection; a cursor is the number of nodes up to it."""
    start, limit = page_range(after, first)
    return connection_of(nodes[start : start + limit], start, len(nodes))


def page_range(after: str | None, first: int | None) -> tuple[int, int]:
    """Return at which node a page begins, and how many it has at most."""
    start = int(after) if after and after.isdecimal() and len(after) <= _MAX_DIGITS else 0
    return start, max(0, min(_DEFAULT_PAGE if first is None else first, MAX_PAGE))


def connection_of(nodes: Sequence[Any], start: int, total: int) -> dict[str, Any]:
    """Return the page *nodes* of *total* nodes, which begins at number *start*, as a connection."""
    edges = [{"node": node, "cursor": str(number)} for number, node in enumerate(nodes, start + 1)]
    info = {"endCursor": edges[-1]["cursor"] if edges else None, "hasNextPage": start + len(nodes) < total}
    return {"edges": edges, "pageInfo": info, "totalCount": total, "uploadHeaders": []}


class UserNode:
    """A user as the API shows one: never with a key. Only the viewer has default entity, *teams* and *flags*."""

    email = deleted_at = None

    def __init__(self, user: User, teams: Sequence[str] = (), entity: str | None = None, **flags: Any) -> None:
        self.flags = json.dumps({"code_saving_enabled": False, **flags})
        self.id = global_id("User", user.id)
        self.name = self.username = user.name
        self.entity = entity or user.name
        self.admin = user.admin
        self.api_keys: dict[str, Any] = {"edges": []}
        self.teams = {"edges": [{"node": EntityNode(name)} for name in (user.name, *teams)]}
