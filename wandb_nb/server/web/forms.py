"""Forms: what a page's form says, taken only from pages that this server made for this user."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from wandb_nb.errors import UsageError
from wandb_nb.server.http.requests import LOGIN_SECONDS, body_of, services_of
from wandb_nb.server.storage.users import PermissionDeniedError

if TYPE_CHECKING:
    from starlette.requests import Request

    from wandb_nb.server.http.signing import Signer
    from wandb_nb.server.storage.users import User

Form = dict[str, list[str]]

_TYPE = "application/x-www-form-urlencoded"
_LONGEST = 1 << 20
_MOST_FIELDS = 10_000
_PURPOSE = "form"


def token_of(signer: Signer, user: User) -> str:
    """Return what each form of *user* carries: no other site can know it."""
    return signer.sign(_PURPOSE, [user.id], LOGIN_SECONDS)


async def form_of(request: Request, user: User | None) -> Form:
    """Return the fields of a form. PermissionDeniedError where it is not from a page made for *user*.

    The login's form, with None for the user, has no token: the browser's word on where it comes from is enough there.
    """
    if not request.headers.get("content-type", "").startswith(_TYPE):
        raise UsageError("This address takes a form.")
    text = (await body_of(request, _LONGEST)).decode("utf-8", "replace")
    try:
        form = parse_qs(text, keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError as error:
        raise UsageError(f"The form has more than {_MOST_FIELDS} fields.") from error
    told = services_of(request).signer.read(_PURPOSE, first(form, "token"))
    foreign = request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}
    if foreign or (user is not None and told != [user.id]):
        raise PermissionDeniedError("This form is not from a page of this server, or too old. Load the page again.")
    return form


def first(form: Form, name: str) -> str:
    """Return the first value of the field *name*; empty where the form has none."""
    return form.get(name, [""])[0]
