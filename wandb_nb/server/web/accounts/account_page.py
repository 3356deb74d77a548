"""A user's own page: default entity, saving of code, and API keys, of which only the prefixes are shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.responses import RedirectResponse

from wandb_nb.server.http.services import services_of
from wandb_nb.server.storage.accounts.api_keys import add_key, list_keys, new_key, revoke_key
from wandb_nb.server.storage.accounts.teams import set_default_entity, teams_of
from wandb_nb.server.storage.storage_errors import PermissionDeniedError
from wandb_nb.server.storage.users import Right, set_code_saving
from wandb_nb.server.web.actions import answer_form
from wandb_nb.server.web.forms import Form, first_value
from wandb_nb.server.web.render import answer_page, render_page

if TYPE_CHECKING:
    from sqlalchemy import Connection
    from starlette.requests import Request
    from starlette.responses import Response

    from wandb_nb.server.storage.users import User

_MAX_DIGITS = 9


async def account(request: Request) -> Response:
    """`GET /account`."""
    return await answer_page(request, _account)


def _account(request: Request, user: User, key: str = "") -> Response:
    """Return the page; a new *key* is shown once."""
    _check_person(user)
    with services_of(request).database.read() as connection:
        writable = [team.name for team in teams_of(connection, user) if team.right >= Right.WRITE]
        keys = list_keys(connection, user.id)
    return render_page(request, "account.html", user, entities=[user.name, *writable], keys=keys, new_key=key)


async def change_account(request: Request) -> Response:
    """`POST /account`: save the settings, create a key, or revoke one."""
    return await answer_form(request, _change_account)


def _change_account(request: Request, user: User, form: Form) -> Response:
    _check_person(user)
    action, key = first_value(form, "action"), ""
    with services_of(request).database.write() as connection:
        if action == "create":
            key = new_key()
            add_key(connection, user.id, key, first_value(form, "name").strip())
        elif action == "revoke":
            number = first_value(form, "key")
            revoke_key(connection, user.id, int(number) if number.isdecimal() and len(number) <= _MAX_DIGITS else 0)
        else:
            _save_settings(connection, user, form)
    return _account(request, user, key) if key else RedirectResponse("/account", 303)


def _save_settings(connection: Connection, user: User, form: Form) -> None:
    set_default_entity(connection, user, first_value(form, "entity") or user.name)
    set_code_saving(connection, user, first_value(form, "save_code") == "1")


def _check_person(user: User) -> None:
    if user.visitor or user.is_anonymous:
        raise PermissionDeniedError("permission denied: an anonymous account has no settings; log in with a key")
