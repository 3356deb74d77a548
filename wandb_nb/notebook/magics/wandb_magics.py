"""`%wandb` and `%%wandb` as IPython knows them: their names, their help and the options of `%config WandbMagics`.

The commands are loaded with the first line that uses them, since each notebook that starts a run loads this module.
"""

from __future__ import annotations

from typing import Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, magics_class
from traitlets import Bool

from wandb_nb.notebook.magics.cell_magic import CellRun


def _documentation() -> str:
    """Return the help text of `%wandb?`."""
    from wandb_nb.notebook.magics.magic_options import documentation

    return documentation()


@magics_class
class WandbMagics(Magics):
    """The magics, and the options of `%config WandbMagics`."""

    display = Bool(True, help="Show a run's charts automatically, under the cell that starts it or logs.").tag(
        config=True
    )

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        self.cell_run = CellRun()

    @line_cell_magic
    def wandb(self, line: str, cell: str | None = None) -> None:
        """Track experiments in this notebook."""
        from wandb_nb.notebook.magics.magic_commands import execute

        if cell is not None:
            raise UsageError("%%wandb must be the first line of its cell")
        execute(self.shell, self.cell_run, line)

    wandb.getdoc = _documentation  # type: ignore[union-attr]  # what IPython prints for `%wandb?`
