"""A run's files: the list, the preview of one, and the saved code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from wandb_nb.capture.cells.saved_notebook import read_notebook
from wandb_nb.server.http.services import services_of
from wandb_nb.server.storage.files.file_store import read_blob
from wandb_nb.server.storage.run_store import find_file, list_files
from wandb_nb.server.web.highlight import Highlighter
from wandb_nb.server.web.render import answer_page, render_page, require
from wandb_nb.server.web.run_page import run_context

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from wandb_nb.capture.cells.saved_notebook import NotebookCell
    from wandb_nb.server.http.services import Services
    from wandb_nb.server.storage.users import User

_MAX_TEXT = 1 << 20
_CODE_FOLDER = "code/"
_IMAGES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".bmp")


class FilePreview(NamedTuple):
    """The preview of a file, of *kind* `image`, `text`, `cells` or `nothing`.

    *reason* is a sentence on why the preview is not complete.
    """

    kind: str
    text: str = ""
    cells: tuple[NotebookCell, ...] = ()
    reason: str = ""


async def file_list(request: Request) -> Response:
    """`GET …/files`."""
    return await answer_page(request, _file_list)


def _file_list(request: Request, user: User) -> Response:
    with services_of(request).database.read() as connection:
        values = run_context(connection, request, user)
        files = list_files(connection, values["run"])
    return render_page(request, "run_files.html", user, **values, files=files)


async def file(request: Request) -> Response:
    """`GET …/files/<name>`: the preview of a file; its content is shown as text, never run."""
    return await answer_page(request, _file)


def _file(request: Request, user: User) -> Response:
    services = services_of(request)
    with services.database.read() as connection:
        values = run_context(connection, request, user)
        file = require(find_file(connection, values["run"], request.path_params["name"]), "file")
    preview = preview_file(services, file)
    return render_page(request, "run_file.html", user, **values, file=file, preview=preview, highlight=Highlighter())


async def code(request: Request) -> Response:
    """`GET …/code?file=`: the saved scripts and the session's cells, one of them shown."""
    return await answer_page(request, _code)


def _code(request: Request, user: User) -> Response:
    services = services_of(request)
    with services.database.read() as connection:
        values = run_context(connection, request, user)
        files = {file.name: file for file in list_files(connection, values["run"]) if is_code(file.name)}
    name = request.query_params.get("file", "") or next(iter(files), "")
    file = require(files.get(name), "file") if name else None
    return render_page(
        request,
        "run_code.html",
        user,
        **values,
        names=list(files),
        file=file,
        preview=preview_file(services, file) if file is not None else None,
        highlight=Highlighter(),
        folder=_CODE_FOLDER,
    )


def is_code(name: str) -> bool:
    """Whether the file *name* of a run is saved code."""
    return name.startswith(_CODE_FOLDER)


def preview_file(services: Services, file: Any) -> FilePreview:
    """Return the preview of *file*, a row of the table of files."""
    if file.name.lower().endswith(_IMAGES):
        return FilePreview("image")
    if file.size > _MAX_TEXT:
        return FilePreview("nothing", reason="This file is too large to preview.")
    try:
        text = read_blob(services.store, file.blob, _MAX_TEXT).decode("utf-8")
    except OSError:
        return FilePreview("nothing", reason="This file is no longer on this server.")
    except UnicodeDecodeError:
        return FilePreview("nothing", reason="This file is not text.")
    if file.name.endswith(".ipynb"):
        return _preview_notebook(text)
    return FilePreview("nothing", reason="This file is not text.") if "\x00" in text else FilePreview("text", text)


def _preview_notebook(text: str) -> FilePreview:
    """Return the cells of a notebook; the text of one without any, with what is wrong with it."""
    notebook = read_notebook(text)
    reason = f"This notebook is {notebook.problem}." if notebook.problem else ""
    if notebook.cells:
        return FilePreview("cells", cells=notebook.cells, reason=reason)
    return FilePreview("nothing" if "\x00" in text else "text", text, reason=reason or "This notebook has no cells.")
