"""Switching `import wandb` over to wandb_nb, and back."""

from __future__ import annotations

import os
import sys

from wandb_nb.compat import alias_finder, wandb_command
from wandb_nb.errors import UsageError
from wandb_nb.tracking.terminal.presenter import presenter


def install_as_wandb() -> None:
    """Make `import wandb` give wandb_nb in this process and in the Python processes that it starts.

    Both names then stand for the same objects, sub-modules included; nothing is executed twice. Programs find the
    distribution `wandb`, too, and the command `wandb`, which is `wandb-nb`. An installed wandb is left alone but not
    imported; one line says so. A second call does nothing. `uninstall_as_wandb()` undoes it.

    Raises:
        UsageError: The installed wandb has been imported already, so parts of the program hold its objects.

    """
    if alias_finder.installed_finder() is not None:
        return
    imported = sys.modules.get("wandb")
    if imported is not None and imported is not sys.modules["wandb_nb"]:
        raise UsageError(
            f"wandb is already imported from {getattr(imported, '__file__', 'an unknown place')}: call "
            "wandb_nb.install_as_wandb() before anything imports wandb, or start the program with 'wandb-nb run'"
        )
    if wandb_command.package_is_installed():
        presenter().notice("import wandb gives wandb_nb; the installed wandb is not used", key="install-as-wandb")
    alias_finder.add_finder()
    wandb_command.add_to_path(os.environ)


def uninstall_as_wandb() -> None:
    """Undo `install_as_wandb()`: the next `import wandb` gives an installed wandb, or fails if there is none."""
    alias_finder.remove_finder()
    wandb_command.remove_from_path(os.environ)
