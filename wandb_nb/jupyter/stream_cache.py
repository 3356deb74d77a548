"""The runs that pages look at: a bounded set of streams, read off the server's event loop."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from wandb_nb.errors import StoreError
from wandb_nb.store.runs.registry import Registry
from wandb_nb.view.run_stream import RunStream

if TYPE_CHECKING:
    from collections.abc import Callable

    from wandb_nb.jupyter.catalogue import RunCatalogue
    from wandb_nb.store.runs.registry import RunEntry
    from wandb_nb.view.message import Message

READ_SECONDS = 0.25  # an answer comes after this long with what there is; the page asks again for the rest
IDLE_SECONDS = 120.0  # a hidden page asks every 5 s, so only a closed one stays silent this long
MOST_STREAMS = 32  # a stream holds its run's numbers in memory


class UnknownRunError(LookupError):
    """No run of this user has that id, or its files are gone."""


class WrongTokenError(PermissionError):
    """The run is known and the token is not its own."""


class _Followed:
    """One run's stream and the lock that lets one request at a time read on."""

    def __init__(self, entry: RunEntry) -> None:
        self.entry = entry
        self.lock = asyncio.Lock()
        self.stream: RunStream | None = None
        self.asked = 0.0

    def read(self, cursor: str) -> Message:
        """Read on for a moment and make the answer; runs in a worker thread."""
        if self.stream is None:
            self.stream = RunStream(self.entry.path)
        self.stream.advance(READ_SECONDS)
        return self.stream.message(cursor)


class StreamCache:
    """The streams behind the data route.

    All methods belong to the event loop's thread. Reading and packing happen in worker threads, one at a time for
    each run. At most 32 runs are held, and a run that nobody asked for in two minutes is let go.
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
        self._followed: dict[tuple[str, str], _Followed] = {}

    def __len__(self) -> int:
        return len(self._followed)

    async def entry(self, run_id: str, token: str) -> RunEntry:
        """Return the registry's entry; raises `UnknownRunError` or `WrongTokenError`."""
        followed = self._followed.get((run_id, token))
        if followed is not None:
            return followed.entry
        return await asyncio.to_thread(self._look_up, run_id, token)

    async def message(self, run_id: str, token: str, cursor: str) -> Message:
        """Return what is new since *cursor*; raises as `entry`, and `UnknownRunError` when the files are gone."""
        followed = self._followed.get((run_id, token)) or await self._follow(run_id, token)
        followed.asked = self._clock()
        self._let_go()
        async with followed.lock:
            try:
                return await asyncio.to_thread(followed.read, cursor)
            except StoreError as error:
                self._followed.pop((run_id, token), None)
                raise UnknownRunError(f"The files of run {run_id} cannot be read any more.") from error

    async def _follow(self, run_id: str, token: str) -> _Followed:
        entry = await self.entry(run_id, token)
        return self._followed.setdefault((run_id, token), _Followed(entry))

    def _look_up(self, run_id: str, token: str) -> RunEntry:
        entry = self._registry.authorise(run_id, token)
        if entry is None and self._catalogue is not None:
            entry = self._catalogue.authorise(run_id, token)
        if entry is not None:
            return entry
        if self._registry.find(run_id):
            raise WrongTokenError(f"The token does not belong to run {run_id}.")
        raise UnknownRunError(f"This server knows no run {run_id}.")

    def _let_go(self) -> None:
        """Drop idle streams, and the longest unasked ones above the limit; none that is being read."""
        now = self._clock()
        free = [key for key, followed in self._followed.items() if not followed.lock.locked()]
        free.sort(key=lambda key: self._followed[key].asked)
        surplus = len(self._followed) - MOST_STREAMS
        for place, key in enumerate(free):
            if place < surplus or now - self._followed[key].asked > IDLE_SECONDS:
                del self._followed[key]
