"""The style sheet and the scripts of the pages."""

from __future__ import annotations

import gzip
import hashlib
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, NamedTuple

from starlette.responses import Response

from wandb_nb.server.storage.storage_errors import NotFoundError

if TYPE_CHECKING:
    from starlette.requests import Request

_RESOURCES = {
    "style.css": ("wandb_nb.server.web", "style.css", "text/css"),
    "server.js": ("wandb_nb", "static/server.js", "text/javascript"),
    "vega.js": ("wandb_nb", "static/vega.js", "text/javascript"),
}
# The browser asks each time whether its copy is the newest, which takes one short answer.
_HEADERS = {"Cache-Control": "no-cache", "Vary": "Accept-Encoding"}


class _Asset(NamedTuple):
    """A file as browsers get it; `tag` names its content."""

    content: bytes
    compressed: bytes
    tag: str


def asset(request: Request) -> Response:
    """`GET /static/<name>`: the file, compressed for browsers that accept it; 304 for one that the browser has."""
    package, name, media_type = _RESOURCES.get(request.path_params["name"], ("wandb_nb", "", ""))
    path: Any = files(package).joinpath(name)
    if not path.is_file():
        raise NotFoundError("there is nothing at this address")
    content, compressed, tag = _load(path, path.stat().st_mtime_ns)
    headers = {**_HEADERS, "ETag": tag}
    if tag in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(content, headers=headers, media_type=media_type)
    return Response(compressed, headers={**headers, "Content-Encoding": "gzip"}, media_type=media_type)


@lru_cache(len(_RESOURCES))
def _load(path: Any, _mtime_ns: int) -> _Asset:
    """Return a file, read again when its time of change is another."""
    content = path.read_bytes()
    return _Asset(content, gzip.compress(content, mtime=0), f'W/"{hashlib.sha256(content).hexdigest()[:32]}"')
