"""What is read off a request: who sends it, its bounded body, and whether its host is ours."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool

from wandb_nb.errors import AuthenticationError
from wandb_nb.server.protocol.filestream import unzipped
from wandb_nb.server.storage import users
from wandb_nb.server.storage.file_store import TooLargeError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.requests import Request

    from wandb_nb.server.http.services import Services
    from wandb_nb.server.storage.users import User

LARGEST_BODY = 32 << 20  # clients send 10 MiB at once
COOKIE = "wandb_nb_login"
_ORDER = "x-wandb-nb-order"
_ORDER_DIGITS = 15
LOGIN = "login"
LOGIN_SECONDS = 30 * 86400.0


def services_of(request: Request) -> Services:
    """Return the server's parts."""
    services: Services = request.app.state.services
    return services


async def body_of(request: Request, limit: int = LARGEST_BODY) -> bytes:
    """Return the whole body, unpacked. TooLargeError above *limit* bytes, before or after unpacking."""
    body = bytearray()
    async for chunk in bounded(request, limit):
        body += chunk
    if request.headers.get("content-encoding", "").lower() == "gzip":
        return await run_in_threadpool(unzipped, bytes(body), limit)
    return bytes(body)


async def bounded(request: Request, limit: int) -> AsyncIterator[bytes]:
    """Yield the body in chunks as they come. TooLargeError where it is or says that it is above *limit* bytes."""
    told = request.headers.get("content-length", "0")
    total = int(told) if told.isdecimal() else 0
    if total > limit:
        raise TooLargeError(f"The body has {total} bytes; this server takes {limit} at most.")
    total = 0
    async for chunk in request.stream():
        total += len(chunk)
        if total > limit:
            raise TooLargeError(f"The body has more than {limit} bytes, which this server takes at most.")
        yield chunk


def order_of(request: Request) -> int | None:
    """Return the number that our own client gives to its requests of one run, in the order it makes them."""
    told = request.headers.get(_ORDER, "")
    return int(told) if told.isdecimal() and len(told) <= _ORDER_DIGITS else None


async def caller(request: Request) -> User:
    """Return the user whose key comes with the request, Basic or Bearer. AuthenticationError for none."""
    key = _key(request.headers.get("authorization", ""))
    user = await run_in_threadpool(_by_key, services_of(request), key) if key else None
    if user is None:
        raise AuthenticationError(
            "The API key is missing or unknown to this server; `wandb-nb login --local` stores the right one."
        )
    return user


async def visitor(request: Request) -> User | None:
    """Return the user who logged in with this browser."""
    services = services_of(request)
    facts = services.signer.read(LOGIN, request.cookies.get(COOKIE, ""))
    if facts is None or len(facts) != 2:  # noqa: PLR2004 - user and login
        return None
    return await run_in_threadpool(_by_login, services, *facts)


async def someone(request: Request) -> User:
    """Return the user by key, else by login: for what both programs and browsers read."""
    if "authorization" not in request.headers and (user := await visitor(request)) is not None:
        return user
    return await caller(request)


def by_key(services: Services, key: str) -> User | None:
    """Return the user who has *key*."""
    return _by_key(services, key)


def is_ours(request: Request) -> bool:
    """Whether the request names one of the server's own hosts, and was not made by another site's page.

    A foreign name that resolves to this machine (DNS rebinding) would let its pages read here.
    """
    hosts: frozenset[str] = request.app.state.hosts
    if _host(f"//{request.headers.get('host', '')}") not in hosts:
        return False
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers["host"]


def _host(address: str) -> str:
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:
        return ""


def _key(header: str) -> str | None:
    scheme, _, rest = header.partition(" ")
    if scheme.lower() == "bearer":
        return rest.strip()
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(rest.strip(), validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeError):
        return None


def _by_key(services: Services, key: str) -> User | None:
    with services.database.read() as connection:
        return users.user_by_key(connection, key)


def _by_login(services: Services, number: int, login: str) -> User | None:
    with services.database.read() as connection:
        return users.user_by_login(connection, number, login)
