"""Adding the routes to a Jupyter server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jupyter_server.utils import url_path_join

from wandb_nb.jupyter.catalogue import RunCatalogue
from wandb_nb.jupyter.list_handlers import (
    DeleteHandler,
    DetailsHandler,
    FileHandler,
    ListHandler,
    PreviewsHandler,
    SystemHandler,
)
from wandb_nb.jupyter.run_handlers import DataHandler, GhostsHandler, StopHandler
from wandb_nb.jupyter.run_previews import RunPreviews
from wandb_nb.jupyter.stream_cache import StreamCache

BASE = "/wandb-nb/v1"
RUN = f"{BASE}/runs/([^/]+)"


def load(server: Any) -> None:
    """Serve the runs of this user's registry from *server*, a `ServerApp`, and those below its root.

    What is kept belongs to the server; nothing is read from disk before the first request.
    """
    catalogue = RunCatalogue(Path(server.root_dir))
    runs = StreamCache(catalogue=catalogue)
    one = {"runs": runs}
    routes = {
        f"{BASE}/runs": (ListHandler, {"catalogue": catalogue}),
        f"{BASE}/looks": (PreviewsHandler, {"catalogue": catalogue, "looks": RunPreviews()}),
        f"{RUN}/data": (DataHandler, one),
        f"{RUN}/ghosts": (GhostsHandler, one),
        f"{RUN}/stop": (StopHandler, one),
        f"{RUN}/(files|console|code)": (DetailsHandler, one),
        f"{RUN}/file": (FileHandler, one),
        f"{RUN}/system": (SystemHandler, one),
        f"{RUN}/delete": (DeleteHandler, {"runs": runs, "catalogue": catalogue}),
    }
    base = server.web_app.settings["base_url"]
    server.web_app.add_handlers(".*$", [(url_path_join(base, path), *rest) for path, rest in routes.items()])
    server.log.debug("wandb_nb serves runs below %s", url_path_join(base, "wandb-nb"))
