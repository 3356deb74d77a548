"""Runs cells in a real kernel and returns the executed notebook."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

import nbformat
import pytest
from cells import join_streams, notebook_client
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_notebook

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from nbformat import NotebookNode


@pytest.fixture
def execute(tmp_path: Path) -> Callable[..., NotebookNode]:
    """Return a function that runs cells in a new kernel, in the test's folder.

    As in Run All, an error ends the execution; the cells after it have no execution count.
    """

    def run(*cells: str) -> NotebookNode:
        notebook = new_notebook(cells=[new_code_cell(cell) for cell in cells])
        client = notebook_client(notebook, tmp_path)
        with contextlib.suppress(CellExecutionError):  # the error is in the cell's outputs too
            client.execute()
        join_streams(notebook.cells)
        nbformat.validate(notebook)
        return notebook

    return run
