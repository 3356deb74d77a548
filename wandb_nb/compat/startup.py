"""Adds the finder when an interpreter starts with WANDB_NB_AS_WANDB=1. `as_wandb.pth` runs it from beside the packages.

The line in that file is compiled whenever the environment's Python starts, so it only asks whether the variable is set.
The finder is loaded by its path, since importing it would import wandb_nb, which a process may never need.
"""

from __future__ import annotations

import os
import sys
from importlib.util import find_spec, module_from_spec, spec_from_file_location

NAME = "wandb_nb.compat.alias_finder"


def add_finder() -> None:
    """Load the finder, and add it where the variable is 1; do nothing where wandb_nb is not installed any more."""
    package = find_spec("wandb_nb")
    if package is None or not package.submodule_search_locations:
        return
    path = f"{package.submodule_search_locations[0]}/compat/alias_finder.py"
    spec = spec_from_file_location(NAME, path)
    if spec is None or spec.loader is None:
        return
    sys.modules[NAME] = finder = module_from_spec(spec)
    spec.loader.exec_module(finder)
    if os.environ.get(finder.VARIABLE) == "1":
        finder.add_finder()


if __name__ == "_wandb_nb_startup":
    add_finder()
