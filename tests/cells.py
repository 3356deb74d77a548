"""Reading executed cells."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from nbformat import NotebookNode

LOAD = "%load_ext wandb_nb"
MIME = "application/vnd.wandb-nb.run+json"


def texts(cell: NotebookNode) -> str:
    """Return what a cell printed, on either stream, with lines that were broken between words joined again."""
    printed = "".join(output.text for output in cell.outputs if output.output_type == "stream")
    return printed.replace("\n    ", " ")


def run_bundles(cell: NotebookNode) -> list[NotebookNode]:
    """Return the bundles of runs under a cell."""
    return [output.data for output in cell.outputs if MIME in output.get("data", {})]


def error(cell: NotebookNode) -> NotebookNode | None:
    """Return a cell's error output, if it has one."""
    return next((output for output in cell.outputs if output.output_type == "error"), None)
