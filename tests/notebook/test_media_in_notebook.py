"""Pictures logged in a notebook, as they are saved with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wandb_nb.view.message.header_fields import MIME

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbformat import NotebookNode

pytestmark = pytest.mark.kernel
START = """
import numpy as np, wandb_nb as wandb
run = wandb.init(mode="offline", settings={{"saved_media": "{choice}"}})
"""
LOG = 'run.log({"loss": 1.0, "picture": wandb.Image(np.full((9, 9), 90, np.uint8), caption="gray")})'


def views(notebook: NotebookNode) -> list[dict[str, Any]]:
    """Return the outputs of a notebook that show a run."""
    outputs = [output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", [])]
    return [data for data in outputs if MIME in data]


@pytest.mark.parametrize("choice", ["steps", "off"])
def test_one_output_of_a_run_has_its_media(execute: Callable[..., NotebookNode], choice: str) -> None:
    """The panel shows the pictures, a second view of the run names them; with `off` none has any."""
    notebook = execute(START.format(choice=choice), LOG, "run.display()", "run.finish()", "run")
    panel, view = views(notebook)[:2]

    assert ("gray</figcaption>" in panel["text/html"]) == (choice == "steps")
    assert ("previews" in panel[MIME]) == (choice == "steps")
    assert "previews" not in view[MIME]
    for data in (panel, view):
        assert "picture  1 picture at step 0" in data["text/plain"]
