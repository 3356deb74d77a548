"""Switching `import wandb` over to wandb_nb, and back."""

from __future__ import annotations

import sys
from importlib.machinery import PathFinder

from wandb_nb.compat import alias_finder
from wandb_nb.errors import UsageError
from wandb_nb.tracking.terminal.presenter import presenter


def install_as_wandb() -> None:
    """Make `import wandb` give wandb_nb in this process and in the Python processes that it starts.

    Both names then stand for the same objects, sub-modules included; nothing is executed twice. Programs that look for
    the distribution `wandb` find it, too. An installed wandb is left alone but not imported; one line says so. A second
    call does nothing. `uninstall_as_wandb()` undoes it.

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
    if _wandb_is_installed():
        presenter().notice("import wandb gives wandb_nb; the installed wandb is not used", key="install-as-wandb")
    alias_finder.add_finder()


def uninstall_as_wandb() -> None:
    """Undo `install_as_wandb()`: the next `import wandb` gives an installed wandb, or fails if there is none."""
    alias_finder.remove_finder()


def _wandb_is_installed() -> bool:
    """Tell an installed wandb from a folder `wandb` with runs in it, which Python takes for a namespace package."""
    spec = PathFinder.find_spec("wandb")
    return spec is not None and spec.origin is not None
