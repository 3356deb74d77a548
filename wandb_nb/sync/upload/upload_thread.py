"""Uploads beside the stream of rows: a thread of its own, so that a large file holds up nothing."""

from __future__ import annotations

import threading
from queue import SimpleQueue
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

from wandb_nb.errors import CommError, RefusedError
from wandb_nb.sync.http.file_uploads import FileUploads
from wandb_nb.sync.http.operations import GraphQLClient
from wandb_nb.sync.http.transport import Sender, Stopped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from wandb_nb.sync.http.network import Network
    from wandb_nb.sync.http.operations import Bucket
    from wandb_nb.sync.http.transport import Transport

Stamp: TypeAlias = "tuple[int, int] | None"
"""Size and time of change of a file as it was sent; None for what was made for the server."""


class UploadFile(NamedTuple):
    """A file on its way."""

    content: Path | bytes
    size: int
    stamp: Stamp = None


class UploadThread:
    """Sends files of one run, those of one call together, in the order of the calls.

    Only the thread that made it calls it: `collect` tells what happened since the last call.  *connect* makes a
    connection for the thread.
    """

    def __init__(
        self, network: Network, connect: Callable[[], Transport], bucket: Bucket, stop: threading.Event
    ) -> None:
        self._network, self._connect, self._bucket, self._stop = network, connect, bucket, stop
        self._todo: SimpleQueue[Mapping[str, UploadFile] | None] = SimpleQueue()
        self._done: SimpleQueue[tuple[str, UploadFile, bool] | str | CommError] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self.flying: dict[str, UploadFile] = {}
        """The files that are on their way, by name."""
        self.trouble = ""
        """Why the server does not take them at the moment; empty while it does."""

    def send(self, files: Mapping[str, UploadFile]) -> None:
        """Have *files* sent, by their names on the server."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._work, name="wandb_nb-files", daemon=True)
            self._thread.start()
        self.flying.update(files)
        self._todo.put(dict(files))

    def collect(self, problem: Callable[[str], None]) -> dict[str, Stamp]:
        """Return the files that arrived, tell *problem* of those that never will; raises what ended the thread."""
        arrived: dict[str, Stamp] = {}
        while not self._done.empty():
            told = self._done.get()
            if isinstance(told, CommError):
                raise told
            if isinstance(told, str):
                problem(told)
                continue
            name, file, well = told
            if self.flying.get(name) is file:  # else a newer state of it is on its way
                del self.flying[name]
            if well:
                arrived[name] = file.stamp
        return arrived

    def close(self) -> None:
        """Let the thread end when it has nothing to do."""
        if self._thread is not None:
            self._todo.put(None)

    def _work(self) -> None:
        sender = Sender(self._connect(), self._stop, self._told)
        graphql = GraphQLClient(self._network, sender)
        uploads = FileUploads(self._network, sender, graphql, self._bucket, self._done.put)
        try:
            while (files := self._todo.get()) is not None:
                self._send(uploads, files)
        except Stopped:
            return
        except CommError as error:
            self._done.put(error)

    def _send(self, uploads: FileUploads, files: Mapping[str, UploadFile]) -> None:
        left = set(files)
        try:
            for name in uploads.send({name: file.content for name, file in files.items()}):
                left.discard(name)
                self._done.put((name, files[name], True))
        except RefusedError as error:
            self._done.put(f"{len(left)} files were refused: {error}")
        for name in left:
            self._done.put((name, files[name], False))

    def _told(self, text: str | None) -> None:
        self.trouble = text or ""
