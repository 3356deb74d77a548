"""Pictures logged in a notebook, as they are saved with it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from wandb_nb.view.message.header_fields import COMPARISON_MIME, MIME

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


LOOP = """
for name in "ab":
    with wandb.init(mode="offline", name=name) as run:
        pixels = np.full((9, 9), 90 + ord(name), np.uint8)
        run.log({"loss": 1.0, "picture": wandb.Image(pixels, caption=f"of {name}")})
"""


def test_runs_of_one_cell_have_their_media_side_by_side(execute: Callable[..., NotebookNode]) -> None:
    """The output of a loop over two runs has the pictures of each, in its HTML and for the view."""
    notebook = execute("import numpy as np, wandb_nb as wandb", LOOP)
    outputs = [output.get("data", {}) for cell in notebook.cells for output in cell.get("outputs", [])]
    (both,) = (data for data in outputs if COMPARISON_MIME in data)

    for name, run in zip("ab", both[COMPARISON_MIME]["runs"], strict=True):
        assert f"of {name}</figcaption>" in both["text/html"]
        assert [copy["path"] for copy in run["previews"]] == [run["media"][0]["rows"][0]["files"][0]["path"]]
