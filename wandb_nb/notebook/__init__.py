"""Notebooks: the IPython extension, its magics and hooks, and the live view under the cell."""

from __future__ import annotations

from wandb_nb.notebook.ipython_extension import attach, detach, load_ipython_extension, unload_ipython_extension

__all__ = ["attach", "detach", "load_ipython_extension", "unload_ipython_extension"]
