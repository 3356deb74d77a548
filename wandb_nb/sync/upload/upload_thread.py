"""Uploads beside the stream of rows, in a thread of their own, so that a large file delays nothing."""

from __future__ import annotations

import threading
import time
from queue import SimpleQueue
from typing import TYPE_CHECKING, BinaryIO, NamedTuple, TypeAlias

from wandb_nb.errors import CommError, RefusedError
from wandb_nb.store.format.artifact_record import ArtifactRecord, LinkedVersion, UsedVersion
from wandb_nb.sync.http.artifact_uploads import ArtifactUploads
from wandb_nb.sync.http.file_uploads import FileUploads
from wandb_nb.sync.http.operations import GraphQLClient
from wandb_nb.sync.http.transport import RequestSender, StopRequested
from wandb_nb.sync.http.upload_pool import UploadPool

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wandb_nb.store.format.artifact_record import ManifestEntry
    from wandb_nb.sync.http.file_uploads import Content
    from wandb_nb.sync.http.network import Network
    from wandb_nb.sync.http.operations import Bucket
    from wandb_nb.sync.http.transport import Transport

Stamp: TypeAlias = "tuple[int, int] | None"
"""Size and modification time of a file when it was sent; None for a generated file."""


class UploadFile(NamedTuple):
    """A file to upload."""

    content: Content
    size: int
    stamp: Stamp = None


USE_WAIT_SECONDS, _POLL_SECONDS = 5.0, 0.5

Upload: TypeAlias = "ArtifactRecord | UsedVersion | LinkedVersion"
"""An artifact to upload, or the use or link of one to report."""


class _ArtifactResult(NamedTuple):
    """The end of an artifact's upload, or of a report; *number* is that of the version on the server."""

    upload: Upload
    is_stored: bool
    number: int | None


class UploadThread:
    """Uploads files of one run, those of one call together, in the order of the calls.

    Only the thread that made it calls it. `collect` returns what happened since the last call. *connect* makes a
    connection for the upload thread. *open_content* opens a file of an artifact.
    """

    def __init__(
        self,
        network: Network,
        connect: Callable[[], Transport],
        bucket: Bucket,
        stop: threading.Event,
        open_content: Callable[[ManifestEntry], BinaryIO],
    ) -> None:
        self._network, self._connect, self._bucket, self._stop = network, connect, bucket, stop
        self._open_content = open_content
        self._queue: SimpleQueue[Mapping[str, UploadFile] | Upload | None] = SimpleQueue()
        self._events: SimpleQueue[tuple[str, UploadFile, bool] | _ArtifactResult | str | CommError] = SimpleQueue()
        self._thread: threading.Thread | None = None
        self._use_deadline: float | None = None  # of all uses together, from the first that must wait
        self.pending: dict[str, UploadFile] = {}
        """The files being uploaded, by name."""
        self.pending_artifacts: list[Upload] = []
        """The artifacts and uses being sent."""
        self.stored_artifacts: list[tuple[Upload, int | None]] = []
        """Those that the server has, artifacts with their number there, if it is known."""
        self.outage = ""
        """Why the server does not accept files at the moment; empty while it does."""

    def send(self, files: Mapping[str, UploadFile]) -> None:
        """Queue *files*, keyed by their names on the server."""
        self._start()
        self.pending.update(files)
        self._queue.put(dict(files))

    def send_artifact(self, upload: Upload) -> None:
        """Queue an artifact, or the use or link of one."""
        self._start()
        self.pending_artifacts.append(upload)
        self._queue.put(upload)

    def collect(self, report_problem: Callable[[str], None]) -> dict[str, Stamp]:
        """Return the files that have arrived, report those that never will; raise the error that ended the thread."""
        arrived: dict[str, Stamp] = {}
        while not self._events.empty():
            event = self._events.get()
            if isinstance(event, CommError):
                raise event
            if isinstance(event, str):
                report_problem(event)
                continue
            if isinstance(event, _ArtifactResult):
                self._record_artifact(event)
                continue
            name, file, succeeded = event
            if self.pending.get(name) is file:  # else a newer version of it is queued
                del self.pending[name]
            if succeeded:
                arrived[name] = file.stamp
        return arrived

    def close(self) -> None:
        """Let the thread end once its queue is empty."""
        if self._thread is not None:
            self._queue.put(None)

    def _start(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="wandb_nb-files", daemon=True)
            self._thread.start()

    def _record_artifact(self, result: _ArtifactResult) -> None:
        self.pending_artifacts.remove(result.upload)
        if result.is_stored:
            self.stored_artifacts.append((result.upload, result.number))

    def _run(self) -> None:
        sender = RequestSender(self._connect(), self._stop, self._set_outage)
        graphql = GraphQLClient(self._network, sender)
        uploads = FileUploads(self._network, sender, graphql, self._bucket, self._events.put)
        pool = UploadPool(self._more_uploads)
        artifacts = ArtifactUploads(self._network, graphql, self._bucket, pool, self._open_content)
        try:
            while (job := self._queue.get()) is not None:
                if isinstance(job, (ArtifactRecord, UsedVersion, LinkedVersion)):
                    self._upload_artifact(artifacts, job)
                else:
                    self._upload(uploads, job)
        except StopRequested:
            return
        except CommError as error:
            self._events.put(error)
        except Exception as error:  # noqa: BLE001 -- the edge of a thread: the sender must not wait for its files forever
            self._events.put(CommError(f"uploads failed ({type(error).__name__}: {error})"))

    def _more_uploads(self) -> FileUploads:
        """Return uploads over a connection of their own, for one more thread."""
        sender = RequestSender(self._connect(), self._stop, self._set_outage)
        return FileUploads(self._network, sender, GraphQLClient(self._network, sender), self._bucket, self._events.put)

    def _upload(self, uploads: FileUploads, files: Mapping[str, UploadFile]) -> None:
        missing = set(files)
        try:
            for name in uploads.send({name: file.content for name, file in files.items()}):
                missing.discard(name)
                self._events.put((name, files[name], True))
        except RefusedError as error:
            self._events.put(f"{len(missing)} files were refused: {error}")
        for name in missing:
            self._events.put((name, files[name], False))

    def _upload_artifact(self, uploads: ArtifactUploads, upload: Upload) -> None:
        is_stored, number = False, None
        try:
            if isinstance(upload, ArtifactRecord):
                number = uploads.send(upload)
            else:
                self._report(uploads, upload)
            is_stored = True
        except RefusedError as error:
            self._events.put(f"{_description(upload)} was not sent: {error}")
        self._events.put(_ArtifactResult(upload, is_stored, number))

    def _report(self, uploads: ArtifactUploads, reference: UsedVersion | LinkedVersion) -> None:
        """Report a use or link, waiting a moment for the run that logged the version: it may be sent meanwhile."""
        while not uploads.report(reference):
            self._use_deadline = self._use_deadline or time.monotonic() + USE_WAIT_SECONDS
            if time.monotonic() > self._use_deadline:
                raise RefusedError(
                    "the server does not have it: sync the run that logged it, then this one with --include-synced", 0
                )
            if self._stop.wait(_POLL_SECONDS):
                raise StopRequested

    def _set_outage(self, text: str | None) -> None:
        self.outage = text or ""


def _description(upload: Upload) -> str:
    match upload:
        case UsedVersion():
            return f"the use of the artifact {upload.name}"
        case LinkedVersion():
            return f"the link to {upload.path}"
    return f"the artifact {upload.name}"
