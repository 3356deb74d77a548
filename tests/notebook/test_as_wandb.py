"""`%wandb as-wandb` in real kernels."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest
from cells import LOAD, texts

if TYPE_CHECKING:
    from collections.abc import Callable

    from nbformat import NotebookNode

    Execute = Callable[..., NotebookNode]

pytestmark = pytest.mark.kernel


def test_a_notebook_switches(execute: Execute) -> None:
    """After the magic `import wandb`, its sub-modules, `!wandb` and child processes are ours, until it is undone."""
    _, switched, imported, command, child, off, after = execute(
        LOAD,
        "%wandb as-wandb",
        "import wandb, wandb_nb\nfrom wandb.sdk.wandb_run import Run\nprint(wandb is wandb_nb, Run is wandb_nb.Run)",
        "!wandb --version",
        f"!{sys.executable} -c 'import wandb; print(wandb.__name__)'",
        "%wandb as-wandb --off",
        f"!wandb --version\n!{sys.executable} -c 'import wandb; print(wandb.__name__)'",
    ).cells

    assert "the installed wandb is not used" in texts(switched)
    assert texts(imported).split() == ["True", "True"]
    assert texts(command).startswith("wandb-nb, version ")
    assert texts(child).split() == ["wandb_nb"]
    assert "no longer" in texts(off)
    assert "wandb-nb" not in texts(after)
    assert texts(after).split()[-1] == "wandb"


def test_too_late_is_one_line(execute: Execute) -> None:
    """After the installed wandb was imported the magic is one line with the remedy."""
    *_, late = execute("import wandb", LOAD, "%wandb as-wandb").cells

    assert texts(late).startswith("UsageError: wandb is already imported from ")
    assert "before anything imports wandb" in texts(late)
