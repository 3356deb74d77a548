"""The routes of the sidebar's list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jupyter_server.auth.decorator import authorized
from tornado import web

from wandb_nb.jupyter.run_handlers import WandbHandler

if TYPE_CHECKING:
    from wandb_nb.jupyter.catalogue import RunCatalogue
    from wandb_nb.jupyter.run_previews import RunPreviews


class ListHandler(WandbHandler):
    """`GET runs?since=…`: the registered runs and those in the server's folders, or what changed of them."""

    def initialize(self, catalogue: RunCatalogue) -> None:
        """Take the catalogue of this server."""
        self.catalogue = catalogue

    @web.authenticated
    @authorized
    async def get(self) -> None:
        """Answer with rows."""
        search = self.get_query_argument("search", "") == "1"
        self.answer(await self.catalogue.changes(self.get_query_argument("since", ""), search=search))


class PreviewsHandler(WandbHandler):
    """`POST looks`: curves and latest values for a screenful of runs."""

    def initialize(self, catalogue: RunCatalogue, previews: RunPreviews) -> None:
        """Take the catalogue and the previews of this server."""
        self.catalogue, self.previews = catalogue, previews

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Answer with the previews that could be made in a moment."""
        body = self.get_json_body()
        keys = body.get("keys") if isinstance(body, dict) else None
        if not isinstance(keys, list):
            raise web.HTTPError(400, "the body must hold a list of keys")
        self.answer({"looks": await self.previews.get(self.catalogue.entries([str(key) for key in keys]))})
