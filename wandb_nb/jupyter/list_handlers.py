"""The routes of the sidebar and of a run's full view."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from wandb_nb.errors import StoreError, UsageError
from wandb_nb.jupyter import run_details
from wandb_nb.jupyter.run_handlers import RunHandler, WandbHandler
from wandb_nb.jupyter.stream_cache import UnknownRunError, WrongTokenError
from wandb_nb.jupyter.system_message import SystemMetrics
from wandb_nb.store.runs.registry import Registry
from wandb_nb.store.runs.removal import delete, directories

if TYPE_CHECKING:
    from collections.abc import Callable

    from wandb_nb.jupyter.catalogue import RunCatalogue
    from wandb_nb.jupyter.run_previews import RunPreviews
    from wandb_nb.jupyter.stream_cache import StreamCache
    from wandb_nb.store.runs.registry import RunEntry

MOST_SYSTEMS = 4


class ListHandler(WandbHandler):
    """`GET runs?since=…`: the runs of the registry and of the server's folders, or what changed of them."""

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

    def initialize(self, catalogue: RunCatalogue, looks: RunPreviews) -> None:
        """Take what belongs to this server."""
        self.catalogue, self.looks = catalogue, looks

    @web.authenticated
    @authorized
    async def post(self) -> None:
        """Answer with those looks that could be made in a moment."""
        body = self.get_json_body()
        keys = body.get("keys") if isinstance(body, dict) else None
        if not isinstance(keys, list):
            raise web.HTTPError(400, "A list of keys is needed.")
        self.answer({"looks": await self.looks.at(self.catalogue.entries([str(key) for key in keys]))})


class DetailHandler(RunHandler):
    """What both kinds of details share: the run is found by its token, and read in a worker thread."""

    async def found(self, run_id: str) -> RunEntry:
        """Return the run; raises the HTTP error that says why not."""
        try:
            return await self.runs.entry(run_id, self.run_token)
        except (UnknownRunError, WrongTokenError) as error:
            raise self.refuse(error) from error

    async def read(self, work: Callable[..., Any], *arguments: Any) -> Any:
        """Return what *work* gives, in a worker thread; raises HTTP 404 where the files are not there."""
        try:
            return await asyncio.to_thread(work, *arguments)
        except (OSError, StoreError) as error:
            raise web.HTTPError(404, str(error).replace("%", "%%")) from error


class DetailsHandler(DetailHandler):
    """`GET files|console|code`: as JSON."""

    @web.authenticated
    @authorized
    async def get(self, run_id: str, what: str) -> None:
        """Answer with the list or text that is asked for."""
        entry = await self.found(run_id)
        works: dict[str, Callable[[RunEntry], Any]] = {"files": run_details.files, "console": run_details.console}
        self.answer({what: await self.read(works.get(what, run_details.code), entry)})


class SystemHandler(DetailHandler):
    """`GET system`: one message of the system metrics."""

    followed: OrderedDict[str, SystemMetrics] = OrderedDict()  # noqa: RUF012  shared by the server's requests
    lock = asyncio.Lock()

    @web.authenticated
    @authorized
    async def get(self, run_id: str) -> None:
        """Answer with a message in its binary form."""
        entry = await self.found(run_id)
        async with self.lock:
            message = await self.read(self._message, entry)
        self.set_header("Cache-Control", "no-store")
        await self.finish(message.to_bytes(), set_content_type="application/octet-stream")

    def _message(self, entry: RunEntry) -> Any:
        metrics = self.followed.pop(entry.key, None) or SystemMetrics(entry)
        self.followed[entry.key] = metrics
        while len(self.followed) > MOST_SYSTEMS:
            self.followed.popitem(last=False)
        return metrics.message()


class FileHandler(DetailHandler):
    """`GET file?path=…`: a preview of one file as JSON, or with `download=1` the file itself."""

    @web.authenticated
    @authorized
    async def get(self, run_id: str) -> None:
        """Answer with the file; what a run wrote is never shown as a page of this server."""
        entry = await self.found(run_id)
        path = await self.read(run_details.file, entry, self.get_query_argument("path"))
        if self.get_query_argument("download", "") != "1":
            self.answer(await self.read(run_details.preview, path))
            return
        self.set_header("Content-Disposition", "attachment")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Content-Type", "application/octet-stream")
        with path.open("rb") as opened:
            while chunk := await asyncio.to_thread(opened.read, 1 << 20):
                self.write(chunk)
                await self.flush()
        await self.finish()


class DeleteHandler(DetailHandler):
    """`POST delete`: the run and all its directories, unless it is still written."""

    def initialize(self, runs: StreamCache, catalogue: RunCatalogue) -> None:  # type: ignore[override]  # one more thing
        """Take what belongs to this server."""
        super().initialize(runs)
        self.catalogue = catalogue

    @web.authenticated
    @authorized
    async def post(self, run_id: str) -> None:
        """Delete, and say how many directories went."""
        entry = await self.found(run_id)
        try:
            gone = await asyncio.to_thread(_delete, entry)
        except (UsageError, StoreError, OSError) as error:
            raise web.HTTPError(409, str(error).replace("%", "%%")) from error
        self.catalogue.forget()
        self.answer({"deleted": gone})


def _delete(entry: RunEntry) -> int:
    registry = Registry()
    entries = directories(registry, entry)
    delete(registry, entries)
    return len(entries)
