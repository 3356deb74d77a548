"""`UploadPool`: several uploads concurrently, since sending small files is mostly waiting for answers."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wandb_nb.sync.http.file_uploads import FileUploads

MAX_CONCURRENT_UPLOADS = 4

T = TypeVar("T")


class UploadPool:
    """Runs uploads in up to *size* threads, each with the `FileUploads`, and so the connections, that *connect* makes.

    The threads are daemons and live as long as one call: they never delay the end of the interpreter, as those of an
    executor do. One thread at a time may call it.
    """

    def __init__(self, connect: Callable[[], FileUploads], size: int = MAX_CONCURRENT_UPLOADS) -> None:
        self._connect, self._size = connect, size
        self._uploads: list[FileUploads] = []

    def run(self, jobs: Sequence[Callable[[FileUploads], T]]) -> list[T]:
        """Return what *jobs* return, in their order. After the first error no other is begun, and it is raised."""
        batch = _Batch(jobs)
        workers = min(self._size, len(jobs))
        while len(self._uploads) < workers:
            self._uploads.append(self._connect())
        threads = [
            threading.Thread(target=batch.work, args=(uploads,), name="wandb_nb-upload", daemon=True)
            for uploads in self._uploads[1:workers]
        ]
        for thread in threads:
            thread.start()
        if workers:
            batch.work(self._uploads[0])
        for thread in threads:
            thread.join()
        return batch.finish()


class _Batch(Generic[T]):
    """The jobs of one call, which threads take one after the other."""

    def __init__(self, jobs: Sequence[Callable[[FileUploads], T]]) -> None:
        self._jobs = jobs
        self._numbers = iter(range(len(jobs)))
        self._lock = threading.Lock()
        self._results: dict[int, T] = {}
        self._error: BaseException | None = None

    def work(self, uploads: FileUploads) -> None:
        """Do jobs until there is none, or one failed."""
        while (number := self._next()) is not None:
            self._do(number, uploads)

    def finish(self) -> list[T]:
        """Return the results of the jobs, or raise the first error."""
        if self._error is not None:
            raise self._error
        return [self._results[number] for number in range(len(self._jobs))]

    def _do(self, number: int, uploads: FileUploads) -> None:
        try:
            self._results[number] = self._jobs[number](uploads)
        except BaseException as error:  # noqa: BLE001 -- raised by `finish`, in the thread that waits
            self._error = self._error or error

    def _next(self) -> int | None:
        with self._lock:
            return None if self._error is not None else next(self._numbers, None)
