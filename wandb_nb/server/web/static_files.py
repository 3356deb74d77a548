"""The style and the script of the pages."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

from starlette.responses import FileResponse

from wandb_nb.server.protocol.api import NotFoundError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

_PLACES = {"style.css": ("wandb_nb.server.web", "style.css"), "server.js": ("wandb_nb", "static/server.js")}
# A browser asks each time whether what it holds is the newest, and is told in one line.
_HEADERS = {"Cache-Control": "no-cache"}


async def static(request: Request) -> Response:
    """`GET /static/<name>`."""
    place = _PLACES.get(request.path_params["name"])
    path: Any = files(place[0]).joinpath(place[1]) if place else None
    if path is None or not path.is_file():
        raise NotFoundError("There is nothing at this address.")
    return FileResponse(path, headers=_HEADERS)
