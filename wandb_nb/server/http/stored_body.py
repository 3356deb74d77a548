"""The body of a request as a blob of the file store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.concurrency import run_in_threadpool

from wandb_nb.server.http.anonymous_accounts import spend
from wandb_nb.server.http.request_body import announced_size, limited_body
from wandb_nb.server.http.services import services_of

if TYPE_CHECKING:
    from starlette.requests import Request

    from wandb_nb.server.http.services import Services
    from wandb_nb.server.storage.files.file_store import StoredFile
    from wandb_nb.server.storage.users import User


async def store_body(request: Request, user: User | None, max_bytes: int) -> StoredFile:
    """Store the body, at most *max_bytes*; of an anonymous *user* no more than is announced, which the account pays.

    Raises:
        TooLargeError: It is larger than that or than what the account has left, or that account does not announce it.
        TooSlowError: It arrives too slowly.

    """
    services = services_of(request)
    if user is not None and user.is_anonymous:
        max_bytes = announced_size(request)
    await spend_bytes(services, user, max_bytes)
    return await services.store.write(limited_body(request, max_bytes), max_bytes)


async def spend_bytes(services: Services, user: User | None, size: int) -> None:
    """Count *size* bytes that *user* stores, if it is an anonymous account.

    Raises:
        TooLargeError: The account has used what it may.

    """
    if user is not None and user.is_anonymous:
        await run_in_threadpool(_spend, services, user, size)


def _spend(services: Services, user: User, size: int) -> None:
    with services.database.write() as connection:
        spend(connection, user, size)
