"""The routes of a run's full view: files, console, code, system metrics, and deleting the run."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from wandb_nb.errors import StoreError, UsageError
from wandb_nb.jupyter import run_details
from wandb_nb.jupyter.run_handlers import RunHandler, escape_percent
from wandb_nb.jupyter.system_message import SystemMetrics
from wandb_nb.lru import LRUDict
from wandb_nb.store.runs.registry import Registry
from wandb_nb.store.runs.removal import delete, directories
from wandb_nb.untrusted_file import open_file

if TYPE_CHECKING:
    from collections.abc import Callable

    from wandb_nb.jupyter.catalogue import RunCatalogue
    from wandb_nb.jupyter.stream_cache import StreamCache
    from wandb_nb.store.runs.registry import RunEntry

MAX_SYSTEM_METRICS = 4


class DetailHandler(RunHandler):
    """Base of the routes that read a run's directory in a worker thread."""

    async def read(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Return what *function* returns in a worker thread.

        Raises:
            HTTPError: 404 if the files are not there.
        """
        try:
            return await asyncio.to_thread(function, *arguments)
        except (OSError, StoreError) as error:
            raise web.HTTPError(404, escape_percent(error)) from error


class TextDetailsHandler(DetailHandler):
    """`GET files|console|code`: as JSON."""

    @web.authenticated
    @authorized
    async def get(self, run_id: str, subject: str) -> None:
        """Answer with the requested list or text."""
        entry = await self.require_entry(run_id)
        readers: dict[str, Callable[[RunEntry], Any]] = {"files": run_details.files, "console": run_details.console}
        self.answer({subject: await self.read(readers.get(subject, run_details.code), entry)})


class SystemHandler(DetailHandler):
    """`GET system`: one message of the system metrics."""

    cache: LRUDict[str, SystemMetrics] = LRUDict(MAX_SYSTEM_METRICS)  # shared by the server's requests
    lock = asyncio.Lock()

    @web.authenticated
    @authorized
    async def get(self, run_id: str) -> None:
        """Answer with a message in its binary form."""
        entry = await self.require_entry(run_id)
        async with self.lock:
            message = await self.read(self._message, entry)
        self.set_header("Cache-Control", "no-store")
        await self.finish(message.to_bytes(), set_content_type="application/octet-stream")

    def _message(self, entry: RunEntry) -> Any:
        metrics = self.cache.get(entry.key) or SystemMetrics(entry)
        self.cache[entry.key] = metrics
        return metrics.message()


class FileHandler(DetailHandler):
    """`GET file?path=…`: a preview of one file as JSON, or with `download=1` the file itself."""

    @web.authenticated
    @authorized
    async def get(self, run_id: str) -> None:
        """Answer with the file. What a run wrote is never served as a page of this server."""
        entry = await self.require_entry(run_id)
        path = await self.read(run_details.file, entry, self.get_query_argument("path"))
        if self.get_query_argument("download", "") != "1":
            self.answer(await self.read(run_details.preview, path))
            return
        self.set_header("Content-Disposition", "attachment")
        self.set_header("X-Content-Type-Options", "nosniff")
        self.set_header("Content-Type", "application/octet-stream")
        with open_file(path) as file:
            while chunk := await asyncio.to_thread(file.read, 1 << 20):
                self.write(chunk)
                await self.flush()
        await self.finish()


class DeleteHandler(DetailHandler):
    """`POST delete`: the run and all its directories, unless it is active."""

    def initialize(self, runs: StreamCache, catalogue: RunCatalogue) -> None:  # type: ignore[override]  # takes one more
        """Take the streams and the catalogue of this server."""
        super().initialize(runs)
        self.catalogue = catalogue

    @web.authenticated
    @authorized
    async def post(self, run_id: str) -> None:
        """Delete the run, and answer with the number of directories deleted."""
        entry = await self.require_entry(run_id)
        try:
            count = await asyncio.to_thread(_delete, entry)
        except (UsageError, StoreError, OSError) as error:
            raise web.HTTPError(409, escape_percent(error)) from error
        self.catalogue.invalidate()
        self.answer({"deleted": count})


def _delete(entry: RunEntry) -> int:
    registry = Registry()
    entries = directories(registry, entry)
    delete(registry, entries)
    return len(entries)
