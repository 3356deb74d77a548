"""The Jupyter server extension: routes that give a page what it needs to draw runs, behind the server's own login.

Imports the reader, the views and the comparisons, but never the tracker: a server writes no run. The pages that use
the routes are in `labextension/`; the same pages talk to a kernel through `wandb_nb.notebook.panel`.
"""

from __future__ import annotations

from typing import Any


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    """Return the module that the Jupyter server loads."""
    return [{"module": "wandb_nb.jupyter"}]


def _load_jupyter_server_extension(server: Any) -> None:
    """Add the routes to a starting Jupyter server."""
    from wandb_nb.jupyter.server_extension import load  # only a server loads tornado and the view

    load(server)
