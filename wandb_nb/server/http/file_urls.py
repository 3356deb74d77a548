"""Addresses of pages, and of files for download and upload."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import quote

from starlette.convertors import Convertor, register_url_convertor

if TYPE_CHECKING:
    from wandb_nb.server.http.signing import Signer
    from wandb_nb.server.storage.users import User

_PURPOSE, _STAGED = "upload", "staged upload"
_UPLOAD_SECONDS = 24 * 3600.0


class UploadTarget(NamedTuple):
    """What an upload address permits: a user, while the key is the same, to write the file *name* of a run.

    *upload* is the number of the run's set of addresses.
    """

    run_uid: str
    name: str
    upload: int
    user_id: int
    login: str


class _Anything(Convertor[str]):
    """A file name in an address: any text, including slashes and line ends."""

    regex = r"[\s\S]*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("anything", _Anything())


def upload_url(base: str, signer: Signer, user: User, run: Any, name: str) -> str:
    """Return an address that accepts the file *name* of *run* for a day; it stands for *user*, and no key is sent."""
    return f"{base}/upload/{signer.sign(_PURPOSE, list(_target(user, run, name)))}"


def staged_token(signer: Signer, user: User, run: Any, name: str) -> str:
    """Return a token for the file *name* of *run* that *user* sends straight to the store; it is no address here."""
    return signer.sign(_STAGED, list(_target(user, run, name)))


def read_staged_token(signer: Signer, token: str) -> UploadTarget | None:
    """Return what a file in the store stands for; None if its token is of another kind or too old."""
    values = signer.read(_STAGED, token, 2 * _UPLOAD_SECONDS)
    return UploadTarget(*values) if values is not None else None


def _target(user: User, run: Any, name: str) -> UploadTarget:
    return UploadTarget(run.uid, name, run.announced, user.id, user.login)


def read_upload_token(signer: Signer, token: str) -> UploadTarget | None:
    """Return what the last part of an upload address permits; None if it is forged or too old."""
    values = signer.read(_PURPOSE, token, _UPLOAD_SECONDS)
    return UploadTarget(*values) if values is not None else None


def download_url(base: str, run: Any, name: str) -> str:
    """Return the address of the file *name* of *run* for readers of its project."""
    return f"{base}/files{page_path(run.entity, run.project, run.name)}/{quote(name, safe='/')}"


def page_path(*parts: str) -> str:
    """Return the path of a page; each of *parts* is quoted, so that it stays one part of the path."""
    return "".join(f"/{quote(part, safe='')}" for part in parts)
