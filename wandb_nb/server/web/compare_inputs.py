"""Stored runs as a comparison reads them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb.compare.comparison_input import ComparisonInput
from wandb_nb.compare.load_inputs import (
    CHANGES,
    CODE,
    LARGEST_FILE,
    MOST_FILES,
    REQUIREMENTS,
    cells_of_notebook,
    git_facts,
    packages,
    uncommitted,
)
from wandb_nb.server.live import sampling
from wandb_nb.server.storage import run_store
from wandb_nb.server.web.metadata import remote_of

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from wandb_nb.server.http.services import Services

_POINTS = 2  # the page draws the curves by itself


def subject_of(services: Services, connection: Connection, row: Any) -> ComparisonInput:
    """Return the run in *row* with config, summary, code, git and packages, as far as its reader may see them."""
    kept = {file.name: file for file in run_store.list_files(connection, row)}

    def text(name: str) -> str:
        file = kept.get(name)
        return read_text(services, file) if file is not None else ""

    notebooks = sorted(name for name in kept if name.startswith(f"{CODE}/") and name.endswith(".ipynb"))
    cells = next((cells for name in notebooks if (cells := cells_of_notebook(text(name)))), [])
    scripts = [name for name in kept if name.startswith(f"{CODE}/") and not name.endswith(".ipynb")]
    patch = text(CHANGES)
    files = {name.removeprefix(f"{CODE}/"): text(name) for name in scripts[:MOST_FILES]}
    return ComparisonInput(
        message=sampling.sampled(services.database, row, _POINTS, ""),
        cells=cells,
        files={**files, **uncommitted(patch)},
        git=git_facts(row.commit or "", remote_of(services, connection, row), patch),
        packages=packages(text(REQUIREMENTS)),
    )


def read_text(services: Services, file: Any) -> str:
    """Return what *file*, a row of the table of files, holds as text; empty where it is too large or gone."""
    try:
        return services.store.path(file.blob).read_text("utf-8", "replace") if file.size <= LARGEST_FILE else ""
    except OSError:
        return ""
