"""Adding the routes to a Jupyter server."""

from __future__ import annotations

from typing import Any

from jupyter_server.utils import url_path_join

from .handlers import DataHandler, GhostsHandler, StopHandler
from .runs import LiveRuns

RUN = "/wandb-nb/v1/runs/([^/]+)"


def load(server: Any) -> None:
    """Serve the runs of this user's registry from *server*, a `ServerApp`.

    One `LiveRuns` belongs to the server; nothing is read from disk before the first request.
    """
    runs = LiveRuns()
    base = server.web_app.settings["base_url"]
    routes = [
        (url_path_join(base, RUN, "data"), DataHandler, {"runs": runs}),
        (url_path_join(base, RUN, "ghosts"), GhostsHandler, {"runs": runs}),
        (url_path_join(base, RUN, "stop"), StopHandler, {"runs": runs}),
    ]
    server.web_app.add_handlers(".*$", routes)
    server.log.debug("wandb_nb serves runs below %s", url_path_join(base, "wandb-nb"))
