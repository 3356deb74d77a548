"""The routes of one run: new data, earlier runs, and stopping its training."""

from __future__ import annotations

import asyncio
import inspect
from typing import TYPE_CHECKING, Any

from jupyter_server.auth.decorator import authorized
from jupyter_server.base.handlers import APIHandler
from tornado import web
from tornado.iostream import StreamClosedError

from wandb_nb.jupyter.stream_cache import UnknownRunError, WrongTokenError
from wandb_nb.store.format.layout import RunDir
from wandb_nb.store.writing.owner_lock import owner_alive
from wandb_nb.view.message.row_range import RangeRequest
from wandb_nb.view.message.run_message import strict_json

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from pathlib import Path

    from wandb_nb.jupyter.stream_cache import StreamCache
    from wandb_nb.store.runs.registry import RunEntry
    from wandb_nb.view.message.run_message import Message

TOKEN_HEADER = "X-Wandb-Nb-Token"  # noqa: S105 -- the name of a header, not a secret
STOP_GRACE_SECONDS = 2.0  # how long a loop may take to see the stop file before its kernel is interrupted


def escape_percent(error: Exception) -> str:
    """Return the text of *error* for an `HTTPError`, which would take a percent sign as a format."""
    return str(error).replace("%", "%%")


class WandbHandler(APIHandler):
    """Base of all routes: the resource for the server's authoriser, and answers that are never cached."""

    auth_resource = "wandb-nb"
    _track_activity = False  # a page that only views must not keep a server from being culled

    def answer(self, content: dict[str, Any]) -> None:
        """Answer with *content* as JSON that every parser accepts."""
        self.set_header("Cache-Control", "no-store")
        self.finish(strict_json(content), set_content_type="application/json")

    def log_exception(self, typ: type[BaseException] | None, value: BaseException | None, tb: Any) -> None:
        """Log an error, unless the page was closed or had all it wanted before the end of the answer."""
        if not isinstance(value, StreamClosedError):
            super().log_exception(typ, value, tb)


class RunHandler(WandbHandler):
    """Base of the routes of one run, which needs its own token."""

    def initialize(self, runs: StreamCache) -> None:
        """Take the streams of this server."""
        self.runs = runs

    @property
    def run_token(self) -> str:
        """The run's token as the page sent it."""
        return str(self.request.headers.get(TOKEN_HEADER, ""))

    async def require_entry(self, run_id: str) -> RunEntry:
        """Return the requested run.

        Raises:
            HTTPError: 404 if there is no such run, 403 if the token is wrong.
        """
        try:
            return await self.runs.entry(run_id, self.run_token)
        except (UnknownRunError, WrongTokenError) as error:
            raise lookup_error(error) from error

    async def answer_message(self, pending: Awaitable[Message]) -> None:
        """Answer with the message of *pending* in its binary form.

        Raises:
            HTTPError: 404 if there is no such run, 403 if the token is wrong.
        """
        try:
            message = await pending
        except (UnknownRunError, WrongTokenError) as error:
            raise lookup_error(error) from error
        self.set_header("Cache-Control", "no-store")
        await self.finish(message.to_bytes(), set_content_type="application/octet-stream")


def lookup_error(error: Exception) -> web.HTTPError:
    """Return the HTTP error for a failed look-up."""
    return web.HTTPError(404 if isinstance(error, UnknownRunError) else 403, escape_percent(error))


class DataHandler(RunHandler):
    """`GET data?cursor=…`: one message, as the view reads it."""

    @web.authenticated
    @authorized
    async def get(self, run_id: str) -> None:
        """Answer with a message in its binary form."""
        cursor = self.get_query_argument("cursor", "")
        await self.answer_message(self.runs.message(run_id, self.run_token, cursor))


class RangeHandler(RunHandler):
    """`GET range?request=…`: the rows of a part of the x axis, for a view that zooms."""

    @web.authenticated
    @authorized
    async def get(self, run_id: str) -> None:
        """Answer with a message in its binary form."""
        try:
            request = RangeRequest.parse(self.get_query_argument("request"))
        except ValueError as error:
            raise web.HTTPError(400, escape_percent(error)) from error
        await self.answer_message(self.runs.range(run_id, self.run_token, request))


class GhostsHandler(RunHandler):
    """`GET ghosts`: earlier runs of the same notebook, to be drawn in the background of the run."""

    @web.authenticated
    @authorized
    async def get(self, run_id: str) -> None:
        """Answer with a comparison in its binary form; read in a worker thread."""
        from wandb_nb.compare.run_choice import background_runs  # only if a page asks for them

        entry = await self.require_entry(run_id)
        body = await asyncio.to_thread(lambda: background_runs(entry).to_bytes())
        self.set_header("Cache-Control", "no-store")
        await self.finish(body, set_content_type="application/octet-stream")


class StopRunHandler(RunHandler):
    """`POST stop`: ask the training loop to end, then interrupt its kernel."""

    tasks: set[asyncio.Task[None]] = set()  # noqa: RUF012 -- the loop keeps only weak references to tasks

    @web.authenticated
    @authorized
    async def post(self, run_id: str) -> None:
        """Write the stop file; interrupt the kernel with `force`, or if nobody has taken the file after 2 s."""
        body = self.get_json_body()
        options = body if isinstance(body, dict) else {}
        entry = await self.require_entry(run_id)
        stop_file = await asyncio.to_thread(_write_stop_file, entry)
        kernel = self._kernel(entry, options.get("kernel"))
        interrupted = bool(options.get("force")) and kernel is not None
        if kernel is not None and interrupted:
            await self._interrupt(kernel)
        elif kernel is not None:
            task = asyncio.get_running_loop().create_task(self._interrupt_later(kernel, stop_file))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)
        await self.finish({"asked": True, "interrupted": interrupted, "kernel": kernel is not None})

    def _kernel(self, entry: RunEntry, requested: Any) -> str | None:
        """Return the kernel to interrupt: the run's own, and only if this server started it."""
        kernel = entry.kernel
        if not kernel or requested not in (None, kernel) or kernel not in self.kernel_manager:
            return None
        return str(kernel)

    async def _interrupt(self, kernel: str) -> None:
        manager: Any = self.kernel_manager
        result = manager.interrupt_kernel(kernel)
        if inspect.isawaitable(result):  # some managers are synchronous
            await result

    async def _interrupt_later(self, kernel: str, stop_file: Path) -> None:
        """Interrupt a loop that does not call `log()`: the file is still there after the wait."""
        await asyncio.sleep(STOP_GRACE_SECONDS)
        if await asyncio.to_thread(stop_file.exists) and kernel in self.kernel_manager:
            await self._interrupt(kernel)


def _write_stop_file(entry: RunEntry) -> Path:
    """Write the stop file where the run's process checks for it; runs in a worker thread."""
    try:
        directory = RunDir.open(entry.path)
        if owner_alive(directory.path) is False:
            raise web.HTTPError(409, f"the process of run {entry.id} has ended; there is nothing to stop")
        directory.stop_file.parent.mkdir(parents=True, exist_ok=True)
        directory.stop_file.touch()
    except OSError as error:  # includes StoreError
        raise web.HTTPError(
            409, f"the folder of run {entry.id} cannot be written; use the notebook's own stop button"
        ) from error
    return directory.stop_file
