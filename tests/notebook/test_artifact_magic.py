"""Artifacts in a kernel: as the last expression of a cell, and by `%wandb artifact`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from cells import LOAD, texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbformat import NotebookNode

    Execute = Callable[..., NotebookNode]


@pytest.mark.kernel
def test_an_artifact_shows_its_lineage(execute: Execute) -> None:
    """As the last expression of a cell, and by `%wandb artifact`, a version is shown with its lineage as a picture."""
    *_, last, magic, listed, wrong = execute(
        LOAD,
        "run = wandb.init(project='p', mode='offline', name='maker', settings={'silent': True})\n"
        "artifact = wandb.Artifact('data', 'dataset')\n"
        "run.log_artifact(artifact)\nrun.finish()",
        "artifact",
        "%wandb artifact p/data:latest",
        "%wandb artifact",
        "%wandb artifact dato",
    ).cells
    for cell in (last, magic):
        (output,) = [each for each in cell.outputs if "text/html" in each.get("data", {})]
        assert 'aria-label="Lineage of p/data:v0 (dataset); made by run maker' in output.data["text/html"]
    assert "lineage" in output.data["text/plain"]
    assert "p/data:v0" in texts(listed)
    assert "there is no artifact dato:latest on this machine: there is p/data" in texts(wrong)
