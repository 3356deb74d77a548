"""A notebook of `notebooks/`, executed in its own folder."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import nbformat
from cells import notebook_client

if TYPE_CHECKING:
    from nbformat import NotebookNode

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"
ARTIFACTS = ROOT / "test-artifacts" / "recipes"
RUN = "application/vnd.wandb-nb.run+json"
COMPARISON = "application/vnd.wandb-nb.comparison+json"
NAMES = sorted(path.stem for path in NOTEBOOKS.glob("*.ipynb"))
SHORTER = {"quickstart": ("epochs=30", "epochs=3")}  # the browser tests run it completely


def read(name: str) -> NotebookNode:
    """Return the notebook as committed in the repository."""
    return nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)


@dataclass(frozen=True)
class Executed:
    """The result of running all cells of a notebook in *folder*, with the executed *notebook* in a file there."""

    name: str
    folder: Path
    notebook: NotebookNode

    @property
    def path(self) -> Path:
        """The file of the executed notebook."""
        return self.folder / f"{self.name}.ipynb"

    @property
    def bundles(self) -> list[NotebookNode]:
        """All outputs other than streams, in order."""
        return [output.data for cell in self._code for output in cell.outputs if "data" in output]

    @property
    def views(self) -> list[NotebookNode]:
        """The outputs that a view draws: runs and comparisons."""
        return [data for data in self.bundles if RUN in data or COMPARISON in data]

    @property
    def runs(self) -> list[Any]:
        """The notebook's runs as messages."""
        return [data[RUN] for data in self.bundles if RUN in data]

    @property
    def printed(self) -> str:
        """All text that the cells printed, on either stream, with lines that were broken between words joined again."""
        outputs = (output for cell in self._code for output in cell.outputs)
        return "".join(one.text for one in outputs if one.output_type == "stream").replace("\n    ", " ")

    @property
    def answers(self) -> str:
        """The plain texts of all outputs other than streams."""
        return "\n".join(data.get("text/plain", "") for data in self.bundles)

    @property
    def _code(self) -> list[NotebookNode]:
        return [cell for cell in self.notebook.cells if cell.cell_type == "code"]


def execute(name: str, folder: Path, before: str = "", replaced: tuple[str, str] = ("", "")) -> Executed:
    """Run every cell of the notebook in a kernel whose folder is *folder*, after a cell *before*.

    The first text of *replaced* is replaced by the second. Raises what the first failing cell raised. Pictures are
    saved among the test artifacts for people to check.
    """
    notebook = read(name)
    old, new = replaced if replaced[0] else SHORTER.get(name, ("", ""))
    for cell in notebook.cells:
        cell.source = cell.source.replace(old, new) if old else cell.source
    if before:
        notebook.cells.insert(0, nbformat.v4.new_code_cell(before))
    notebook_client(notebook, folder).execute()
    executed = Executed(name, folder, notebook)
    nbformat.write(notebook, executed.path)
    _keep_pictures(executed)
    return executed


def _keep_pictures(executed: Executed) -> None:
    ARTIFACTS.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(executed.views):
        if "image/png" in data:
            (ARTIFACTS / f"{executed.name}-{number}.png").write_bytes(base64.b64decode(data["image/png"]))


def leads_outside(html: str) -> list[str]:
    """Return the parts of *html* that could run or reach beyond the page."""
    return re.findall(r"<iframe|<script|https?:|src=\"(?!data:)", html)
