"""`RunStream`: follows the files of a run and builds messages for its views."""

from __future__ import annotations

import contextlib
import time
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from wandb_nb.errors import StoreError
from wandb_nb.store.format.layout import FILES, RunDir
from wandb_nb.store.reading.writer_tails import FilesReplacedError, WriterTails
from wandb_nb.store.runs.run_chain import parts
from wandb_nb.store.runs.run_source import sources
from wandb_nb.store.runs.stored_remarks import read_remarks
from wandb_nb.untrusted_file import open_file
from wandb_nb.view.message.cell_list import CellHeaders
from wandb_nb.view.message.message_builder import MessageBuilder
from wandb_nb.view.message.sync_state import SyncReader
from wandb_nb.view.objects.logged_versions import VersionHeaders
from wandb_nb.view.objects.table_artifacts import TableArtifacts, artifact_folder

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from wandb_nb.store.reading.tail import Tail
    from wandb_nb.view.message.run_message import CellHeader, RunHeader, VersionHeader

SLICE_BYTES = 256 << 10  # read and applied in one go; other threads get a turn in between
OWNER_CHECK_SECONDS = 1.0


class RunStream(MessageBuilder):
    """Follows the run at *run*, a run directory or its run file, and sends views what is new.

    *owner_alive* returns whether the writer of a run directory is alive, None if unknown; it is called at most once a
    second. A run without exit record whose writer is gone has crashed. Segments that other processes write beside the
    run file are followed too. The rows that the run was resumed from come first.
    Not thread-safe: one thread at a time may call `advance`, `message` or `snapshot`. Never writes.
    """

    def __init__(self, run: str | os.PathLike[str], owner_alive: Callable[[Path], bool | None] | None = None) -> None:
        path = Path(run)
        self.file = RunDir.open(path).run_file if path.is_dir() else path
        self.directory = self.file.parent
        self._owner_alive = owner_alive or _owner_alive_by_lock
        self._next_check = 0.0
        self._stored_remarks: list[str] | None = None
        self._sync_reader = SyncReader(self.file)
        self._table_artifacts = TableArtifacts()
        super().__init__()

    def advance(self, budget_seconds: float = 0.25) -> bool:
        """Read for about *budget_seconds*, in slices; return whether there is more to read now.

        Raises:
            StoreError: The run file cannot be read.

        """
        end = time.monotonic() + budget_seconds
        self._check_owner()
        self._more = True
        try:
            self._files.find_segments()
            while self._more and time.monotonic() < end:
                self._more = self._read_slice()
        except FilesReplacedError:
            self._restart()
        return self._more

    @property
    def media_paths(self) -> list[str]:
        """The paths of all media files that rows name, below `files/`, and of the folders of tables' artifacts."""
        return list(self._media_paths)

    def open_media(self, path: str) -> BinaryIO | None:
        """Open the media file *path*; None if no row names it, or it is not a regular file.

        It is a path below `files/`, or `artifacts/<client id>/<path in it>` of an artifact.
        """
        if path in self._media_paths:
            if artifact_folder(path):
                return self._table_artifacts.open(path, reversed(self._folders))
            for folder in reversed(self._folders):
                with contextlib.suppress(OSError):
                    return open_file(folder / FILES / path, below=folder)
        return None

    def _restart(self) -> None:
        """Start again at the beginning of all files; existing cursors then ask for everything."""
        super()._restart()
        self._files = WriterTails(self.file)
        earlier = parts(self.file)[:-1] if self.file.exists() else []
        self._earlier = sources(earlier)
        self._earlier_read = self._earlier_rows = 0
        self._folder = self._earlier[0].folder if self._earlier else self.directory
        self._folders = [*(part.folder for part in earlier), self.directory]
        self._cell_headers = CellHeaders(self._folders)
        self._version_headers = VersionHeaders(self._folders)

    def _lost(self) -> int:
        return super()._lost() + sum(map(_damaged, self._files.tails()))

    def _check_owner(self) -> None:
        """Check the owner before reading, so that its last rows are read before the run counts as crashed."""
        now = time.monotonic()
        if now >= self._next_check and self.state.exit_code is None:
            self._next_check = now + OWNER_CHECK_SECONDS
            self.alive = self._owner_alive(self.directory)
            if self.alive is False:
                self._files.finalize()

    def _read_slice(self) -> bool:
        """Read a slice of each file; return whether there may be more."""
        if self._earlier_read < len(self._earlier):
            return self._read_earlier()
        more = False
        for number, payloads in self._files.read(SLICE_BYTES):
            self.state.apply(payloads, number + len(self._earlier))
            more = more or bool(payloads)
        return more

    def _read_earlier(self) -> bool:
        """Read a slice of the runs that this one continues; they are read once, completely, before anything newer."""
        try:
            payloads = self._earlier[self._earlier_read].read(SLICE_BYTES)
        except StoreError:  # deleted since: the rest is shown
            payloads = []
        self.state.apply(payloads, self._earlier_read)
        if not payloads:
            self._next_source()
        return True

    def _next_source(self) -> None:
        """Continue with the next file; a directory's own cells count from its first row."""
        self._earlier_read += 1
        self._earlier_rows = len(self.state.table)
        left = self._earlier[self._earlier_read :]
        folder = left[0].folder if left else self.directory
        if folder != self._folder:
            self._series.directories.begin(len(self.state.table))
            self._folder = folder

    def _add_sync(self, run: RunHeader) -> None:
        active = self.state.exit_code is None and self.alive is not False
        self._sync_reader.add_to(run, len(self.state.table) - self._earlier_rows, active=active)

    def _remarks(self) -> list[str] | None:
        if self._stored_remarks is None:
            self._stored_remarks = read_remarks(self.directory)
        return self._stored_remarks

    def _cell_running(self) -> bool | None:
        return self._cell_headers.cell_running

    def _cells(self) -> list[CellHeader]:
        return self._cell_headers.headers(self._series.cells)

    def _versions_logged(self) -> list[VersionHeader]:
        return self._version_headers.headers()


def _owner_alive_by_lock(directory: Path) -> bool | None:
    from wandb_nb.store.writing.owner_lock import owner_alive  # only here: most views pass their own check

    return owner_alive(directory)


def _damaged(tail: Tail) -> int:
    """Return the number of damaged stretches. One at the file's end does not count: its `log()` had not returned."""
    return sum(part.end != tail.offset for part in tail.damage)
