"""The user behind a request: by API key from programs, by a signed cookie from browsers."""

from __future__ import annotations

import base64
import binascii
import secrets
from typing import TYPE_CHECKING, Any

from starlette.concurrency import run_in_threadpool

from wandb_nb.errors import AuthenticationError
from wandb_nb.server.http.services import services_of
from wandb_nb.server.login_links import use_link
from wandb_nb.server.storage import users
from wandb_nb.server.storage.accounts.api_keys import hash_key

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from starlette.requests import Request

    from wandb_nb.server.http.services import Services
    from wandb_nb.server.storage.users import User

LOGIN_SECONDS, VISIT_SECONDS = 30 * 86400.0, 365 * 86400.0
_PURPOSE, _VISIT_PURPOSE = "login", "visit"
_VISIT_VALUES = 3
_COOKIE_VALUES = 3  # those of earlier versions have two
_NO_VALID_KEY = "the API key is missing or not valid on this server; store its key with `wandb-nb login --local`"


async def user_by_request_key(request: Request) -> User:
    """Return the user whose key is in the Authorization header, Basic or Bearer.

    Raises:
        AuthenticationError: There is no key, or it is not valid here.
        TooManyRequestsError: The key sends too many requests.

    """
    services, key = services_of(request), _request_key(request)
    user = await run_in_threadpool(find_user, services, key)
    if user is None:
        raise AuthenticationError(_NO_VALID_KEY)
    services.recent_users[hash_key(key)] = user
    services.key_limits.count_request(user.login)
    return user


async def recent_user(request: Request) -> tuple[str, User]:
    """Return the key in the Authorization header, and the user who had it at its last use: for limits only.

    Who changes something with the key calls `user_with_key` in the same transaction, which costs less than one more.

    Raises:
        AuthenticationError: There is no key, or it was not valid here when it was first used.
        TooManyRequestsError: The key sends too many requests.

    """
    services, key = services_of(request), _request_key(request)
    user = services.recent_users.get(hash_key(key))
    if user is None:
        return key, await user_by_request_key(request)
    services.key_limits.count_request(user.login)
    return key, user


def user_with_key(connection: Connection, key: str) -> User:
    """Return the user who has *key* now.

    Raises:
        AuthenticationError: Nobody has it.

    """
    user = users.user_by_key(connection, key)
    if user is None:
        raise AuthenticationError(_NO_VALID_KEY)
    return user


async def logged_in_user(request: Request) -> User | None:
    """Return the user who logged in with this browser."""
    values = _cookie_values(request)
    user = await run_in_threadpool(_find_by_session, services_of(request), *values) if values is not None else None
    token = request.cookies.get(visit_cookie_name(request), "")
    return await run_in_threadpool(find_visitor, services_of(request), token) if user is None and token else user


async def user_by_key_or_login(request: Request) -> User:
    """Return the user by key or by login, for addresses that both programs and browsers read.

    Raises:
        AuthenticationError: There is neither.

    """
    if "authorization" not in request.headers and (user := await logged_in_user(request)) is not None:
        return user
    return await user_by_request_key(request)


def find_user(services: Services, key: str) -> User | None:
    """Return the user with *key*."""
    with services.database.read() as connection:
        return users.user_by_key(connection, key)


def find_link_user(services: Services, token: str) -> User | None:
    """Return the user whom the login link with *token* logs in, and end the link."""
    link = use_link(services.folder, token)
    if link is None:
        return None
    with services.database.read() as connection:
        return users.user_by_link(connection, link.user, link.created)


def cookie_name(request: Request) -> str:
    """Return the name of the login's cookie; browsers share cookies between the ports of a host, so it has the port."""
    return f"wandb_nb_login_{request.url.port or ''}"


def visit_cookie_name(request: Request) -> str:
    """Return the name of the cookie of a browser that visits the runs of an anonymous account."""
    return f"wandb_nb_visit_{request.url.port or ''}"


def visit_token(services: Services, user: User) -> str:
    """Return the token of the link to the runs of the anonymous account *user*; it never contains the key."""
    return services.signer.sign(_VISIT_PURPOSE, [secrets.token_urlsafe(12), user.id, user.login])


def find_visitor(services: Services, token: str) -> User | None:
    """Return the visitor whom *token* lets read the runs of an anonymous account."""
    values = services.signer.read(_VISIT_PURPOSE, token, VISIT_SECONDS)
    if values is None or len(values) != _VISIT_VALUES:
        return None
    with services.database.read() as connection:
        user = users.user_by_login(connection, values[1], values[2])
    return user._replace(admin=False, visitor=True) if user is not None and user.is_anonymous else None


def begin_login(services: Services, user: User) -> str:
    """Begin a session; return the value of its cookie, which never contains the key."""
    with services.database.write() as connection:
        session = users.begin_session(connection, user)
    return services.signer.sign(_PURPOSE, [user.id, user.login, session])


def end_login(request: Request) -> None:
    """End the session of this browser, so that its cookie is not valid any more, wherever a copy of it is."""
    if (values := _cookie_values(request)) is not None:
        with services_of(request).database.write() as connection:
            users.end_session(connection, values[2])


def _cookie_values(request: Request) -> list[Any] | None:
    """Return id and login of the user and the session's id; None without a valid cookie."""
    values = services_of(request).signer.read(_PURPOSE, request.cookies.get(cookie_name(request), ""), LOGIN_SECONDS)
    return values if values is not None and len(values) == _COOKIE_VALUES else None


def _request_key(request: Request) -> str:
    key = _header_key(request.headers.get("authorization", ""))
    if not key:
        raise AuthenticationError(_NO_VALID_KEY)
    return key


def _header_key(header: str) -> str | None:
    scheme, _, value = header.partition(" ")
    if scheme.lower() == "bearer":
        return value.strip()
    if scheme.lower() != "basic":
        return None
    try:
        return base64.b64decode(value.strip(), validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeError):
        return None


def _find_by_session(services: Services, user_id: int, login: str, session: str) -> User | None:
    with services.database.read() as connection:
        return users.user_by_session(connection, user_id, login, session)
