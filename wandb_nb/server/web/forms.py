"""Forms, accepted only from pages that this server made for the same user."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from wandb_nb.errors import UsageError
from wandb_nb.server.http.authentication import LOGIN_SECONDS
from wandb_nb.server.http.request_body import read_body
from wandb_nb.server.http.services import services_of
from wandb_nb.server.storage.storage_errors import PermissionDeniedError

if TYPE_CHECKING:
    from starlette.requests import Request

    from wandb_nb.server.http.signing import Signer
    from wandb_nb.server.storage.users import User

Form = dict[str, list[str]]

_TYPE = "application/x-www-form-urlencoded"
_MAX_FORM = 1 << 20
_MAX_FIELDS = 10_000
_PURPOSE = "form"


def form_token(signer: Signer, user: User) -> str:
    """Return the token that each form of *user* carries and no other site can know."""
    return signer.sign(_PURPOSE, [user.id])


async def read_form(request: Request, user: User | None) -> Form:
    """Return the fields of a form. The login form, with None for the user, has no token; the origin is checked.

    Raises:
        UsageError: The body is not a form, or has too many fields.
        PermissionDeniedError: The form is not from a page that this server made for *user*.

    """
    if not request.headers.get("content-type", "").startswith(_TYPE):
        raise UsageError("this address accepts only a form")
    text = (await read_body(request, _MAX_FORM)).decode("utf-8", "replace")
    try:
        form = parse_qs(text, keep_blank_values=True, max_num_fields=_MAX_FIELDS)
    except ValueError as error:
        raise UsageError(f"the form has more than {_MAX_FIELDS} fields") from error
    owner = services_of(request).signer.read(_PURPOSE, first_value(form, "token"), LOGIN_SECONDS)
    is_foreign = request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}
    if is_foreign or (user is not None and owner != [user.id]):
        raise PermissionDeniedError("this form is too old or not from a page of this server; load the page again")
    return form


def first_value(form: Form, name: str) -> str:
    """Return the first value of the field *name*; empty if the form does not have it."""
    return form.get(name, [""])[0]
