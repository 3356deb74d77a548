"""`RequestContext`: what the resolvers of one GraphQL request share."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from wandb_nb.server.http.services import Services
    from wandb_nb.server.storage.users import User


@dataclass(frozen=True)
class RequestContext:
    """The user, the data as this request sees it, and what happens after the commit."""

    services: Services
    connection: Connection
    user: User
    base_url: str
    deleted_runs: list[Any] = field(default_factory=list)  # rows, to drop from memory after the commit
    deleted_blobs: list[str] = field(default_factory=list)  # to delete after the commit
    changed_runs: list[Any] = field(default_factory=list)  # rows of runs, to publish after the commit
    sequence: int | None = None  # the request's number, from clients that send one
    extensions: dict[str, Any] = field(default_factory=dict)  # what the answer reports besides its data
