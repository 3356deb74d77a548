"""A run that this kernel shows: what was read of its file, who views it, and when its next snapshot is due."""

from __future__ import annotations

import contextlib
import threading
import time
from functools import cached_property
from typing import TYPE_CHECKING, BinaryIO, Protocol

from wandb_nb.errors import StoreError
from wandb_nb.notebook.guard import guard

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wandb_nb.tracking.run_view import RunView
    from wandb_nb.view.message.row_range import RangeRequest
    from wandb_nb.view.message.run_message import Message
    from wandb_nb.view.message.run_stream import RunStream
    from wandb_nb.view.previews.saved_media import SavedMedia

MIN_SNAPSHOT_SECONDS = 1.0  # the first pause; later ones grow
MAX_SNAPSHOT_SECONDS = 8.0  # leaves two seconds for rendering, so that a saved snapshot is at most ten seconds old
MAX_AGE_SHARE = 0.03  # of the run's time so far: what a killed kernel may cost the snapshot, rendering aside
RENDER_FACTOR = 15  # the next snapshot waits this many times as long as rendering the last one took
IDLE_DELAY_SECONDS, MAX_IDLE_DELAY_SECONDS = 0.05, 0.5
IDLE_RENDER_FACTOR = 2  # an idle kernel waits this many times as long as rendering the last snapshot took
READ_SECONDS = 0.25


class RunViewer(Protocol):
    """A front end that views a run through the kernel."""

    def send(self, message: Message) -> None:
        """Send *message* to the front end."""


class LiveRun:
    """One shown run: its stream, its viewers, and when its next snapshot is due. Thread-safe."""

    def __init__(self, run: RunView, file: Path) -> None:
        self.run = run
        self.file = file
        self.lock = threading.RLock()
        self.take_snapshot: Callable[[], None] | None = None
        """Renders a new snapshot; None after the run has ended."""
        self.snapshot_due_at = time.monotonic() + MIN_SNAPSHOT_SECONDS
        """When the next snapshot is due, on the monotonic clock."""
        self.render_seconds = 0.0
        """How long rendering the last snapshot took."""
        self.wake: Callable[[], None] = lambda: None
        """Called when `snapshot_due_at` has become earlier."""
        self._cursors: dict[RunViewer, str] = {}
        self._observers: list[Callable[[], None]] = []
        self._outer_state: tuple[object, ...] = ()
        self._pending_viewers: set[RunViewer] = set()
        self._snapshot_size = -1
        self._snapshot_requested = False
        self._started_at = time.monotonic()

    @cached_property
    def stream(self) -> RunStream:
        """The reader of the run file. Its packages, such as numpy, take long to load, so `init()` does not use it."""
        from wandb_nb.view.message.run_stream import RunStream

        return RunStream(self.file, owner_alive=lambda _directory: True)  # the owner is this very process

    @cached_property
    def saved_media(self) -> SavedMedia | None:
        """The small copies of the run's media for the saved notebook; None if its settings ask for none."""
        from wandb_nb.view.previews.saved_media import SavedMedia  # as above

        def open_file(path: str) -> BinaryIO | None:
            with self.lock:
                return self.stream.open_media(path)

        return SavedMedia.of(open_file, self.run.settings.saved_media)

    @property
    def has_viewers(self) -> bool:
        """Whether anyone follows the run."""
        return bool(self._cursors or self._observers)

    @property
    def row_count(self) -> int:
        """How many rows have been read."""
        return len(self.stream.state.table)

    def read_to_end(self) -> None:
        """Read to the end of the file."""
        with self.lock:
            while self._read_more():
                pass

    def pull(self, viewer: RunViewer, cursor: str) -> None:
        """Answer *viewer* now, and push new rows to it from now on."""
        with self.lock:
            self._read_more()
            message = self.stream.message(cursor)
            self._cursors[viewer] = message.header["cursor"]
            self._pending_viewers.discard(viewer)
            viewer.send(message)

    def range(self, request: RangeRequest) -> Message:
        """Return the rows of a part of the x axis."""
        with self.lock:
            self._read_more()
            return self.stream.range(request)

    def media(self, path: str, most_bytes: int) -> bytes | None:
        """Return the media file *path*; None if no row names it, or it has more than *most_bytes*."""
        with self.lock:
            self._read_more()
            file = self.stream.open_media(path)
        if file is None:
            return None
        with file:
            content = file.read(most_bytes + 1)
        return content if len(content) <= most_bytes else None

    def push(self) -> None:
        """Send new rows to all viewers, whether a cell runs and what is sent; nothing when nothing has changed."""
        with self.lock:
            self._read_more()
            previous, run = self._outer_state, self.stream.run_header()
            self._outer_state = (run["cellRunning"], run["url"], run["sync"])
            changed = previous != self._outer_state
            for viewer, cursor in list(self._cursors.items()):
                header = (message := self.stream.message(cursor)).header
                if header["cursor"] != cursor or header["done"] or changed:
                    self._cursors[viewer] = header["cursor"]
                    viewer.send(message)

    def observe(self, observer: Callable[[], None]) -> None:
        """Have *observer* called after each push, without a lock."""
        self._observers.append(observer)
        self.wake()

    def unobserve(self, observer: Callable[[], None]) -> None:
        """Do not call *observer* any more."""
        with contextlib.suppress(ValueError):
            self._observers.remove(observer)

    def notify_observers(self) -> None:
        """Call the observers. They may call the user's code, so the caller must hold no lock."""
        for observer in tuple(self._observers):
            with guard("updating a widget"):
                observer()

    def add_pending(self, viewer: RunViewer) -> None:
        """Send each snapshot to *viewer* until its first pull, which may have to wait behind a busy cell."""
        with self.lock:
            self._pending_viewers.add(viewer)

    def send_to_pending(self) -> None:
        """Send the run as it is now to the viewers that have not pulled yet."""
        with self.lock:
            for viewer in self._pending_viewers:
                viewer.send(self.stream.snapshot())

    def remove_viewer(self, viewer: RunViewer) -> None:
        """Stop sending to *viewer*."""
        with self.lock:
            self._cursors.pop(viewer, None)
            self._pending_viewers.discard(viewer)

    @property
    def idle_delay_seconds(self) -> float:
        """How long the kernel is idle before a snapshot: longer if rendering takes long, so that no cell meets it."""
        return min(MAX_IDLE_DELAY_SECONDS, max(IDLE_DELAY_SECONDS, IDLE_RENDER_FACTOR * self.render_seconds))

    def request_snapshot(self, delay_seconds: float = 0.0) -> None:
        """Have the push thread take a snapshot after *delay_seconds*, even if the file has not changed."""
        self._snapshot_requested = True
        self.snapshot_due_at = time.monotonic() + delay_seconds
        self.wake()

    def postpone_snapshot(self) -> None:
        """Take a requested snapshot later, with the usual pause, since a cell is running again."""
        if self._snapshot_requested:
            self.snapshot_due_at = time.monotonic() + MIN_SNAPSHOT_SECONDS

    def is_snapshot_due(self, now: float) -> bool:
        """Return whether a new snapshot should be taken at *now*, on the monotonic clock."""
        if self.take_snapshot is None:
            return False
        return now >= self.snapshot_due_at and (self._snapshot_requested or self._file_size() != self._snapshot_size)

    def schedule_next_snapshot(self) -> None:
        """Record that a snapshot of the file as it is now is being taken, and set when the next one is due."""
        self._snapshot_size, self._snapshot_requested = self._file_size(), False
        now = time.monotonic()
        pause = max(MIN_SNAPSHOT_SECONDS, MAX_AGE_SHARE * (now - self._started_at), RENDER_FACTOR * self.render_seconds)
        self.snapshot_due_at = now + min(pause, MAX_SNAPSHOT_SECONDS)

    def _read_more(self) -> bool:
        """Read for a moment and return whether there is more. If the file was deleted, what was read remains."""
        try:
            return self.stream.advance(READ_SECONDS)
        except StoreError:
            if self.file.exists():
                raise
            self.stream.state.exit_code = self.run.exit_code  # the file can no longer supply it
            return False

    def _file_size(self) -> int:
        with contextlib.suppress(OSError):  # the folder was deleted, so nothing new will come from it
            return int(self.file.stat().st_size)
        return self._snapshot_size
