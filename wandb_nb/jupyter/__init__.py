"""The Jupyter server's side: what a page asks to draw a run, behind the server's own login."""

from __future__ import annotations

from typing import Any


def _jupyter_server_extension_points() -> list[dict[str, str]]:
    """Tell the Jupyter server which module to load."""
    return [{"module": "wandb_nb.jupyter"}]


def _load_jupyter_server_extension(server: Any) -> None:
    """Add the routes to a starting Jupyter server."""
    from wandb_nb.jupyter.server_extension import load  # only a server pays for tornado and the view

    load(server)
