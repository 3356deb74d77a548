"""The comparison input of a stored run."""

from __future__ import annotations

from itertools import accumulate
from typing import TYPE_CHECKING, Any

from wandb_nb.compare.comparison_input import ComparisonInput
from wandb_nb.compare.load_inputs import (
    CHANGES,
    CODE,
    MAX_FILE_BYTES,
    MAX_FILES,
    MAX_NOTEBOOK_BYTES,
    REQUIREMENTS,
    first_session,
    git_summary,
    parse_requirements,
    uncommitted_files,
)
from wandb_nb.server.live.sampling import sampled_message
from wandb_nb.server.storage.files.file_store import read_blob
from wandb_nb.server.storage.run_store import list_files
from wandb_nb.server.web.run_environment import git_remote
from wandb_nb.store.reading.executed_cells import Cell

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from wandb_nb.server.http.services import Services

_MAX_CODE_BYTES = 8 << 20
_POINTS = 2  # the page loads the curves itself


def comparison_input(services: Services, connection: Connection, row: Any, with_code: bool) -> ComparisonInput:
    """Return config, summary, git, packages and, *with_code*, code of the run in *row*, as its reader may see them."""
    stored = {file.name: file for file in list_files(connection, row)}

    def text(name: str) -> str:
        file = stored.get(name)
        return read_text(services, file) if file is not None else ""

    scripts = [name for name in stored if name.startswith(f"{CODE}/") and not name.endswith(".ipynb")]
    notebooks = [name for name in stored if name.startswith(f"{CODE}/") and name.endswith(".ipynb")]
    patch, cells, problems, files = text(CHANGES), list[Cell](), list[str](), dict[str, str]()
    if with_code:
        cells, problems = first_session(notebooks, lambda name: _read_notebook(services, stored[name]))
        sizes = accumulate(stored[name].size for name in scripts)
        files = {
            name.removeprefix(f"{CODE}/"): text(name)
            for name, size in zip(scripts[:MAX_FILES], sizes, strict=False)
            if size <= _MAX_CODE_BYTES
        } | uncommitted_files(patch)
    return ComparisonInput(
        message=sampled_message(services.database, row, _POINTS, ""),
        cells=cells,
        problems=problems,
        files=files,
        git=git_summary(row.commit or "", git_remote(services, connection, row), patch),
        packages=parse_requirements(text(REQUIREMENTS)),
    )


def read_text(services: Services, file: Any) -> str:
    """Return the text of *file*, a row of the table of files; empty if it is too large or missing."""
    try:
        return read_blob(services.store, file.blob, MAX_FILE_BYTES).decode("utf-8", "replace")
    except OSError:
        return ""


def _read_notebook(services: Services, file: Any) -> bytes:
    """Return the content of the notebook *file*, a row of the table of files.

    Raises:
        OSError: It is too large or missing.
    """
    return read_blob(services.store, file.blob, MAX_NOTEBOOK_BYTES)
