"""Addresses of files, to take them from here and to send them here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from starlette.convertors import Convertor, register_url_convertor

if TYPE_CHECKING:
    from wandb_nb.server.http.signing import Signer

UPLOAD = "upload"
_UPLOAD_SECONDS = 24 * 3600.0


class _Anything(Convertor[str]):
    """The name of a file in an address: whatever a client called it, slashes and line ends too."""

    regex = r"[\s\S]*"

    def convert(self, value: str) -> str:
        return value

    def to_string(self, value: str) -> str:
        return value


register_url_convertor("anything", _Anything())


def upload_url(base: str, signer: Signer, run: Any, name: str) -> str:
    """Return where the file *name* of *run* can be put for a day, by whoever has the address: no key goes along."""
    return f"{base}/upload/{signer.sign(UPLOAD, [run.id, name, run.announced], _UPLOAD_SECONDS)}"


def download_url(base: str, run: Any, name: str) -> str:
    """Return where a reader of the project gets the file *name* of *run*."""
    return f"{base}/files{address(run.entity, run.project, run.name)}/{quote(name, safe='/')}"


def address(*parts: str) -> str:
    """Return the path of a page, its *parts* quoted: whatever they hold, each stays one part."""
    return "".join(f"/{quote(part, safe='')}" for part in parts)
