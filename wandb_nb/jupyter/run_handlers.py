"""The routes of one run: what is new in it, the runs before it, and stopping its training."""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web

from wandb_nb.jupyter.stream_cache import UnknownRunError, WrongTokenError
from wandb_nb.store.format.layout import RunDir
from wandb_nb.store.writing.owner_lock import owner_alive
from wandb_nb.view.message import strict_json

if TYPE_CHECKING:
    from pathlib import Path

    from wandb_nb.jupyter.stream_cache import StreamCache
    from wandb_nb.store.runs.registry import RunEntry

TOKEN_HEADER = "X-Wandb-Nb-Token"  # noqa: S105  the name of a header, no secret
PATIENCE_SECONDS = 2.0  # what a loop gets to see the stop file before its kernel is interrupted


class WandbHandler(APIHandler):
    """What all routes share: the resource for the server's authoriser, and that nothing is kept on the way."""

    auth_resource = "wandb-nb"
    _track_activity = False  # a page that looks on must not keep a server from being culled

    def answer(self, content: dict[str, Any]) -> None:
        """Answer with *content* as JSON that every parser takes."""
        self.set_header("Cache-Control", "no-store")
        self.finish(strict_json(content), set_content_type="application/json")


class RunHandler(WandbHandler):
    """What the routes of one run share: its own token."""

    def initialize(self, runs: StreamCache) -> None:
        """Take the streams of this server."""
        self.runs = runs

    @property
    def run_token(self) -> str:
        """The run's token as the page sent it."""
        return str(self.request.headers.get(TOKEN_HEADER, ""))

    def refuse(self, error: Exception) -> web.HTTPError:
        """Turn a failed look-up into the HTTP error that says so."""
        return web.HTTPError(404 if isinstance(error, UnknownRunError) else 403, str(error).replace("%", "%%"))


class DataHandler(RunHandler):
    """`GET data?cursor=…`: one message, as the view reads it."""

    @web.authenticated
    @authorized
    async def get(self, run_id: str) -> None:
        """Answer with a message in its binary form."""
        try:
            message = await self.runs.message(run_id, self.run_token, self.get_query_argument("cursor", ""))
        except (UnknownRunError, WrongTokenError) as error:
            raise self.refuse(error) from error
        self.set_header("Cache-Control", "no-store")
        await self.finish(message.to_bytes(), set_content_type="application/octet-stream")


class GhostsHandler(RunHandler):
    """`GET ghosts`: the earlier runs of the same notebook, to be drawn behind the run."""

    @web.authenticated
    @authorized
    async def get(self, run_id: str) -> None:
        """Answer with a comparison in its binary form; read in a worker thread."""
        from wandb_nb.compare.run_choice import ghosts  # only where somebody asks for them

        try:
            entry = await self.runs.entry(run_id, self.run_token)
        except (UnknownRunError, WrongTokenError) as error:
            raise self.refuse(error) from error
        body = await asyncio.to_thread(lambda: ghosts(entry).to_bytes())
        self.set_header("Cache-Control", "no-store")
        await self.finish(body, set_content_type="application/octet-stream")


class StopHandler(RunHandler):
    """`POST stop`: ask the training loop to end, then interrupt its kernel."""

    waiting: set[asyncio.Task[None]] = set()  # noqa: RUF012  the loop keeps only weak references to tasks

    @web.authenticated
    @authorized
    async def post(self, run_id: str) -> None:
        """Write the stop file; interrupt the kernel with `force`, else when the file lies unseen for 2 s."""
        body = self.get_json_body()
        wish = body if isinstance(body, dict) else {}
        try:
            entry = await self.runs.entry(run_id, self.run_token)
        except (UnknownRunError, WrongTokenError) as error:
            raise self.refuse(error) from error
        stop_file = await asyncio.to_thread(self._ask, entry)
        kernel = self._kernel(entry, wish.get("kernel"))
        interrupted = bool(wish.get("force")) and kernel is not None
        if kernel is not None and interrupted:
            await self._interrupt(kernel)
        elif kernel is not None:
            task = asyncio.get_running_loop().create_task(self._interrupt_later(kernel, stop_file))
            self.waiting.add(task)
            task.add_done_callback(self.waiting.discard)
        await self.finish({"asked": True, "interrupted": interrupted, "kernel": kernel is not None})

    def _ask(self, entry: RunEntry) -> Path:
        """Write the stop file where the run's process looks; runs in a worker thread."""
        try:
            directory = RunDir.open(entry.path)
            if owner_alive(directory.path) is False:
                raise web.HTTPError(409, "The process of this run has ended; there is nothing to stop.")
            directory.stop_file.parent.mkdir(parents=True, exist_ok=True)
            directory.stop_file.touch()
        except OSError as error:  # a StoreError is one too
            raise web.HTTPError(
                409, "The run's folder cannot be written; use the notebook's own stop button."
            ) from error
        return directory.stop_file

    def _kernel(self, entry: RunEntry, wished: Any) -> str | None:
        """Return the kernel to interrupt: the run's own, and only when this server started it."""
        kernel = entry.kernel
        if not kernel or wished not in (None, kernel) or kernel not in self.kernel_manager:
            return None
        return str(kernel)

    async def _interrupt(self, kernel: str) -> None:
        manager: Any = self.kernel_manager
        asked = manager.interrupt_kernel(kernel)
        if inspect.isawaitable(asked):  # managers come in both kinds
            await asked

    async def _interrupt_later(self, kernel: str, stop_file: Path) -> None:
        """Interrupt a loop that does not call `log()`: the file is still there after the wait."""
        await asyncio.sleep(PATIENCE_SECONDS)
        if await asyncio.to_thread(stop_file.exists) and kernel in self.kernel_manager:
            await self._interrupt(kernel)
