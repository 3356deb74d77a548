"""The style sheet and the scripts of the pages."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING, Any

from starlette.responses import FileResponse

from wandb_nb.server.storage.storage_errors import NotFoundError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

_RESOURCES = {
    "style.css": ("wandb_nb.server.web", "style.css"),
    "server.js": ("wandb_nb", "static/server.js"),
    "vega.js": ("wandb_nb", "static/vega.js"),
}
# The browser asks each time whether its copy is the newest, which takes one short answer.
_HEADERS = {"Cache-Control": "no-cache"}


async def asset(request: Request) -> Response:
    """`GET /static/<name>`."""
    resource = _RESOURCES.get(request.path_params["name"])
    path: Any = files(resource[0]).joinpath(resource[1]) if resource else None
    if path is None or not path.is_file():
        raise NotFoundError("there is nothing at this address")
    return FileResponse(path, headers=_HEADERS)
