"""The comparison input of a stored run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb.compare.comparison_input import ComparisonInput
from wandb_nb.compare.load_inputs import (
    CHANGES,
    CODE,
    MAX_FILE_BYTES,
    MAX_FILES,
    REQUIREMENTS,
    git_summary,
    notebook_cells,
    parse_requirements,
    uncommitted_files,
)
from wandb_nb.server.live.sampling import sampled_message
from wandb_nb.server.storage.run_store import list_files
from wandb_nb.server.web.run_environment import git_remote

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from wandb_nb.server.http.services import Services

_POINTS = 2  # the page loads the curves itself


def comparison_input(services: Services, connection: Connection, row: Any) -> ComparisonInput:
    """Return config, summary, code, git and packages of the run in *row*, as far as its reader may see them."""
    stored = {file.name: file for file in list_files(connection, row)}

    def text(name: str) -> str:
        file = stored.get(name)
        return read_text(services, file) if file is not None else ""

    notebooks = sorted(name for name in stored if name.startswith(f"{CODE}/") and name.endswith(".ipynb"))
    cells = next((cells for name in notebooks if (cells := notebook_cells(text(name)))), [])
    scripts = [name for name in stored if name.startswith(f"{CODE}/") and not name.endswith(".ipynb")]
    patch = text(CHANGES)
    files = {name.removeprefix(f"{CODE}/"): text(name) for name in scripts[:MAX_FILES]}
    return ComparisonInput(
        message=sampled_message(services.database, row, _POINTS, ""),
        cells=cells,
        files={**files, **uncommitted_files(patch)},
        git=git_summary(row.commit or "", git_remote(services, connection, row), patch),
        packages=parse_requirements(text(REQUIREMENTS)),
    )


def read_text(services: Services, file: Any) -> str:
    """Return the text of *file*, a row of the table of files; empty if it is too large or missing."""
    try:
        return services.store.path(file.blob).read_text("utf-8", "replace") if file.size <= MAX_FILE_BYTES else ""
    except OSError:
        return ""
