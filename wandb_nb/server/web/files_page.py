"""A run's files: the list, a look at one, and its saved code."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from wandb_nb.server.http.requests import services_of
from wandb_nb.server.storage import run_store
from wandb_nb.server.web.highlight import highlighted
from wandb_nb.server.web.render import found, page, shown
from wandb_nb.server.web.run_page import head

if TYPE_CHECKING:
    from collections.abc import Iterator

    from starlette.requests import Request
    from starlette.responses import Response

    from wandb_nb.server.http.services import Services
    from wandb_nb.server.storage.users import User

_LARGEST_TEXT = 1 << 20
_CODE = "code/"
_IMAGES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".bmp")


class CodeCell(NamedTuple):
    """A cell of a notebook: *number* is that of its execution, *facts* what the session noted of it."""

    kind: str
    number: int | None
    source: str
    facts: dict[str, Any]


class FilePreview(NamedTuple):
    """What can be shown of a file: `image`, `text`, `cells`, or nothing, and then why."""

    kind: str
    text: str = ""
    cells: tuple[CodeCell, ...] = ()
    why: str = ""


async def listing(request: Request) -> Response:
    """`GET …/files`."""
    return await page(request, _listing)


def _listing(request: Request, user: User) -> Response:
    with services_of(request).database.read() as connection:
        values = head(connection, request, user)
        kept = run_store.list_files(connection, values["run"])
    return shown(request, "run_files.html", user, **values, files=kept)


async def preview(request: Request) -> Response:
    """`GET …/files/<name>`: a look at a file; what it holds is shown as text, never run."""
    return await page(request, _preview)


def _preview(request: Request, user: User) -> Response:
    services = services_of(request)
    with services.database.read() as connection:
        values = head(connection, request, user)
        kept = {file.name: file for file in run_store.list_files(connection, values["run"])}
    file = found(kept.get(request.path_params["name"]), "file")
    return shown(request, "run_file.html", user, **values, file=file, look=look_at(services, file), code=highlighted)


async def code(request: Request) -> Response:
    """`GET …/code?file=`: the saved scripts and the session's cells, one of them open."""
    return await page(request, _code)


def _code(request: Request, user: User) -> Response:
    services = services_of(request)
    with services.database.read() as connection:
        values = head(connection, request, user)
        kept = {file.name: file for file in run_store.list_files(connection, values["run"]) if is_code(file.name)}
    asked = request.query_params.get("file", "") or next(iter(kept), "")
    file = found(kept.get(asked), "file") if asked else None
    look = look_at(services, file) if file is not None else None
    return shown(
        request, "run_code.html", user, **values, names=list(kept), file=file, look=look, code=highlighted, part=_CODE
    )


def is_code(name: str) -> bool:
    """Whether the file *name* of a run is saved code."""
    return name.startswith(_CODE)


def look_at(services: Services, file: Any) -> FilePreview:
    """Return what can be shown of *file*, a row of the table of files."""
    if file.name.lower().endswith(_IMAGES):
        return FilePreview("image")
    if file.size > _LARGEST_TEXT:
        return FilePreview("nothing", why="It is too large to be shown here.")
    try:
        text = services.store.path(file.blob).read_bytes().decode("utf-8")
    except FileNotFoundError:
        return FilePreview("nothing", why="It is not on this server any more.")
    except UnicodeDecodeError:
        return FilePreview("nothing", why="It holds no text.")
    if file.name.endswith(".ipynb") and (cells := tuple(cells_of(text))):
        return FilePreview("cells", cells=cells)
    return FilePreview("nothing", why="It holds no text.") if "\x00" in text else FilePreview("text", text)


def cells_of(text: str) -> Iterator[CodeCell]:
    """Yield the cells of the notebook *text*; none where it is no notebook."""
    try:
        told = json.loads(text)
    except (ValueError, RecursionError):
        return
    cells = told.get("cells") if isinstance(told, dict) else None
    for cell in cells if isinstance(cells, list) else []:
        if not isinstance(cell, dict):
            continue
        source, count, metadata = cell.get("source", ""), cell.get("execution_count"), cell.get("metadata")
        facts = metadata.get("wandb_nb") if isinstance(metadata, dict) else None
        yield CodeCell(
            str(cell.get("cell_type", "code")),
            count if isinstance(count, int) else None,
            "".join(map(str, source)) if isinstance(source, list) else str(source),
            facts if isinstance(facts, dict) else {},
        )
