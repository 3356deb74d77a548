"""Documented promises that are about notebooks, each in a Jupyter kernel of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.kernel

TABLE = [
    ("C5 a change is allowed", ["wandb.init(config={'a': 1}); wandb.config.a = 2; print(wandb.config.a)"], "2"),
    (
        "C5 an explicit False wins",
        [
            "wandb.init(config={'a': 1}, allow_val_change=False)",
            "try: wandb.config.a = 2\nexcept wandb.ConfigError: print('refused')",
        ],
        "refused",
    ),
    (
        "re-running the init cell",
        ["run = wandb.init(); first = run", "run = wandb.init()", "print(first.state, wandb.run is run, first is run)"],
        "finished True False",
    ),
    ("reinit=False", ["a = wandb.init()", "print(wandb.init(reinit=False) is a)"], "True"),
    (
        "several live runs",
        [
            "a = wandb.init(); b = wandb.init(reinit='create_new')",
            "a.log({'x': 1}); b.log({'x': 2})\nprint(a.rows, b.rows)",
        ],
        "1 1",
    ),
    (
        "R1 auto after a failure",
        [
            "a = wandb.init(resume='auto'); a.log({'x': 1}); a.finish(1)",
            "b = wandb.init(resume='auto')\nprint(b.id == a.id, b.step)",
        ],
        "True 1",
    ),
]


@pytest.mark.parametrize(("cells", "printed"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_a_notebook_does_what_the_documents_say(tmp_path: Path, cells: list[str], printed: str) -> None:
    """The cells run without an error, and the last one prints what the claim means."""
    sources = ["import wandb_nb as wandb", *cells]
    made = [new_code_cell(source) for source in sources]  # type: ignore[no-untyped-call]  # nbformat has no types
    notebook = new_notebook(cells=made)  # type: ignore[no-untyped-call]  # as above
    NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(tmp_path)}}).execute()
    texts = (output.text for output in notebook.cells[-1].outputs if output.get("name") == "stdout")
    assert "".join(texts).split() == printed.split()
