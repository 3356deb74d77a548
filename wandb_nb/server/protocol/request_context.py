"""`RequestContext`: what the resolvers of one GraphQL request share."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wandb_nb.server.storage.storage_errors import TooLargeError

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from wandb_nb.server.http.services import Services
    from wandb_nb.server.live.sample_cache import SampleCache
    from wandb_nb.server.storage.files.signed_transfers import SignedTransfers
    from wandb_nb.server.storage.project_store import Project
    from wandb_nb.server.storage.users import User

MAX_ANSWER_BYTES = 64 << 20
MAX_QUERY_SECONDS = 30.0


class Budget:
    """What one request may still cost: the bytes of its answer and the time of its execution."""

    def __init__(self) -> None:
        self._bytes = MAX_ANSWER_BYTES
        self._end = time.monotonic() + MAX_QUERY_SECONDS

    def spend(self, size: int) -> None:
        """Count *size* bytes of the answer.

        Raises:
            TooLargeError: The answer becomes too large.

        """
        self._bytes -= size
        if self._bytes < 0:
            raise TooLargeError(f"the answer has more than {MAX_ANSWER_BYTES >> 20} MiB; ask for less at once")

    def check_time(self) -> None:
        """Refuse to continue a request that takes too long.

        Raises:
            TooLargeError: The time is over.

        """
        if time.monotonic() > self._end:
            raise TooLargeError(f"the query takes more than {MAX_QUERY_SECONDS:.0f} s; ask for less at once")


@dataclass(frozen=True)
class RequestContext:
    """The user, the data as this request sees it, and what happens after the commit."""

    services: Services
    connection: Connection
    user: User
    base_url: str
    deleted_runs: list[Any] = field(default_factory=list)  # rows, to drop from memory after the commit
    deleted_blobs: list[str] = field(default_factory=list)  # to delete after the commit
    after_commit: list[Callable[[], None]] = field(default_factory=list)  # called before the answer; may raise
    samples: SampleCache | None = None  # None while the request changes data, which may be rolled back
    sequence: int | None = None  # the request's number, from clients that send one
    budget: Budget = field(default_factory=Budget)
    projects: dict[int, Project] = field(default_factory=dict)  # those that were looked up, by id
    extensions: dict[str, Any] = field(default_factory=dict)  # what the answer reports besides its data

    @property
    def signed(self) -> SignedTransfers | None:
        """What signs addresses in the store for this client; None if its uploads go through the server."""
        signed = self.services.signed
        if signed is None or self.user.is_anonymous:  # what anonymous accounts send is counted here
            return None
        return signed if signed.is_for(self.base_url) else None
