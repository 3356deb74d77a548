"""Notebooks: the IPython extension, its cell hooks and recorder, and marimo.

Imports the tracker, the views and the comparisons; only the command line and the package's public names import it. The
magics are in `magics`, the live view under the cell is in `panel`.
"""

from __future__ import annotations

from wandb_nb.notebook.ipython_extension import attach, detach, load_ipython_extension, unload_ipython_extension

__all__ = ["attach", "detach", "load_ipython_extension", "unload_ipython_extension"]
