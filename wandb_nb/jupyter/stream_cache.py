"""The streams of the runs that pages view: a bounded cache, read outside the server's event loop."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, BinaryIO, TypeVar

from wandb_nb.errors import StoreError
from wandb_nb.store.runs.registry import Registry
from wandb_nb.view.message.run_stream import RunStream

if TYPE_CHECKING:
    from collections.abc import Callable

    from wandb_nb.jupyter.catalogue import RunCatalogue
    from wandb_nb.store.runs.registry import RunEntry
    from wandb_nb.view.message.row_range import RangeRequest
    from wandb_nb.view.message.run_message import Message

Answer = TypeVar("Answer")

READ_SECONDS = 0.25  # an answer holds what was read in this time; the page asks again for the rest
MAX_IDLE_SECONDS = 120.0  # a hidden page asks every 5 s, so only a closed one is silent for this long
MAX_STREAMS = 32  # a stream holds its run's numbers in memory


class UnknownRunError(LookupError):
    """The user has no run with that id, or its files are gone."""


class WrongTokenError(PermissionError):
    """The run exists, but the token is not its own."""


class _CachedStream:
    """One run's stream, and the lock that lets one request at a time read on."""

    def __init__(self, entry: RunEntry) -> None:
        self.entry = entry
        self.lock = asyncio.Lock()
        self.stream: RunStream | None = None
        self.requested_at = 0.0

    def read(self, answer: Callable[[RunStream], Answer]) -> Answer:
        """Read on for a moment and build the answer; runs in a worker thread."""
        if self.stream is None:
            self.stream = RunStream(self.entry.path)
        self.stream.advance(READ_SECONDS)
        return answer(self.stream)


class StreamCache:
    """The streams behind the data route.

    All methods belong to the event loop's thread. Reading and packing happen in worker threads, one at a time for
    each run. The cache holds at most 32 runs, and drops a run that nobody has requested for two minutes.
    """

    def __init__(
        self,
        registry: Registry | None = None,
        clock: Callable[[], float] = time.monotonic,
        catalogue: RunCatalogue | None = None,
    ) -> None:
        self._registry = registry or Registry()
        self._catalogue = catalogue
        self._clock = clock
        self._streams: dict[tuple[str, str], _CachedStream] = {}

    def __len__(self) -> int:
        return len(self._streams)

    async def entry(self, run_id: str, token: str) -> RunEntry:
        """Return the registry's entry.

        Raises:
            UnknownRunError: There is no run with that id.
            WrongTokenError: The token is not the run's.
        """
        cached = self._streams.get((run_id, token))
        if cached is not None:
            return cached.entry
        return await asyncio.to_thread(self._authorise, run_id, token)

    async def message(self, run_id: str, token: str, cursor: str) -> Message:
        """Return what is new since *cursor*.

        Raises:
            UnknownRunError: There is no run with that id, or its files are gone.
            WrongTokenError: The token is not the run's.
        """
        return await self._answer(run_id, token, lambda stream: stream.message(cursor))

    async def range(self, run_id: str, token: str, request: RangeRequest) -> Message:
        """Return the rows of a part of the x axis.

        Raises:
            UnknownRunError: There is no run with that id, or its files are gone.
            WrongTokenError: The token is not the run's.
        """
        return await self._answer(run_id, token, lambda stream: stream.range(request))

    async def open_media(self, run_id: str, token: str, path: str) -> BinaryIO | None:
        """Open the media file *path*; None if no row of the run names it.

        Raises:
            UnknownRunError: There is no run with that id, or its files are gone.
            WrongTokenError: The token is not the run's.
        """
        return await self._answer(run_id, token, lambda stream: stream.open_media(path))

    async def _answer(self, run_id: str, token: str, answer: Callable[[RunStream], Answer]) -> Answer:
        cached = self._streams.get((run_id, token)) or await self._add(run_id, token)
        cached.requested_at = self._clock()
        self._evict()
        async with cached.lock:
            try:
                return await asyncio.to_thread(cached.read, answer)
            except StoreError as error:
                self._streams.pop((run_id, token), None)
                raise UnknownRunError(f"the files of run {run_id} can no longer be read") from error

    async def _add(self, run_id: str, token: str) -> _CachedStream:
        entry = await self.entry(run_id, token)
        return self._streams.setdefault((run_id, token), _CachedStream(entry))

    def _authorise(self, run_id: str, token: str) -> RunEntry:
        entry = self._registry.authorise(run_id, token)
        if entry is None and self._catalogue is not None:
            entry = self._catalogue.authorise(run_id, token)
        if entry is not None:
            return entry
        if self._registry.find(run_id):
            raise WrongTokenError(f"the token does not belong to run {run_id}")
        raise UnknownRunError(f"this server has no run {run_id}")

    def _evict(self) -> None:
        """Drop idle streams, and the least recently requested ones above the limit; none that is being read."""
        now = self._clock()
        unlocked = [key for key, cached in self._streams.items() if not cached.lock.locked()]
        unlocked.sort(key=lambda key: self._streams[key].requested_at)
        surplus = len(self._streams) - MAX_STREAMS
        for position, key in enumerate(unlocked):
            if position < surplus or now - self._streams[key].requested_at > MAX_IDLE_SECONDS:
                del self._streams[key]
