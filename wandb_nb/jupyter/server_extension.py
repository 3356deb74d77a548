"""Adds the routes to a Jupyter server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from jupyter_server.utils import url_path_join

from wandb_nb.jupyter.catalogue import RunCatalogue
from wandb_nb.jupyter.detail_handlers import DeleteHandler, FileHandler, SystemHandler, TextDetailsHandler
from wandb_nb.jupyter.list_handlers import ListHandler, PreviewsHandler
from wandb_nb.jupyter.media_handler import MediaHandler
from wandb_nb.jupyter.run_handlers import DataHandler, GhostsHandler, RangeHandler, StopRunHandler
from wandb_nb.jupyter.run_previews import RunPreviews
from wandb_nb.jupyter.stream_cache import StreamCache

BASE = "/wandb-nb/v1"
RUN = f"{BASE}/runs/([^/]+)"


def load(server: Any) -> None:
    """Serve the runs of this user's registry, and those below the root of *server*, a `ServerApp`.

    The caches belong to the server. Nothing is read from disk before the first request.
    """
    catalogue = RunCatalogue(Path(server.root_dir))
    runs = StreamCache(catalogue=catalogue)
    options = {"runs": runs}
    routes = {
        f"{BASE}/runs": (ListHandler, {"catalogue": catalogue}),
        f"{BASE}/looks": (PreviewsHandler, {"catalogue": catalogue, "previews": RunPreviews()}),
        f"{RUN}/data": (DataHandler, options),
        f"{RUN}/range": (RangeHandler, options),
        f"{RUN}/media": (MediaHandler, options),
        f"{RUN}/ghosts": (GhostsHandler, options),
        f"{RUN}/stop": (StopRunHandler, options),
        f"{RUN}/(files|console|code)": (TextDetailsHandler, options),
        f"{RUN}/file": (FileHandler, options),
        f"{RUN}/system": (SystemHandler, options),
        f"{RUN}/delete": (DeleteHandler, {"runs": runs, "catalogue": catalogue}),
    }
    base = server.web_app.settings["base_url"]
    server.web_app.add_handlers(".*$", [(url_path_join(base, path), *handler) for path, handler in routes.items()])
    server.log.debug("wandb_nb serves runs below %s", url_path_join(base, "wandb-nb"))
