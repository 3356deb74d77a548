"""Reading executed cells."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nbclient import NotebookClient

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from nbformat import NotebookNode

LOAD = "%load_ext wandb_nb"
MIME = "application/vnd.wandb-nb.run+json"
REMOVE_FOLDER = """
import os, shutil
while os.path.exists(run.directory):  # a thread of the run adds a file now and then
    shutil.rmtree(run.directory, ignore_errors=True)
"""


def notebook_client(notebook: NotebookNode, folder: Path, **options: Any) -> NotebookClient:
    """Return a client that executes *notebook* in a new kernel in *folder*."""
    return NotebookClient(notebook, timeout=180, resources={"metadata": {"path": str(folder)}}, **options)


def join_streams(cells: Iterable[NotebookNode]) -> None:
    """Make text that *cells* printed in pieces one output, as on a page: where it is cut depends on the machine."""
    for cell in cells:
        joined: list[NotebookNode] = []
        for output in cell.get("outputs", []):
            if joined and output.get("name") and joined[-1].get("name") == output.name:
                joined[-1].text += output.text
            else:
                joined.append(output)
        if "outputs" in cell:
            cell.outputs = joined


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
