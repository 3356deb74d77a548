"""The kernel's own eyes on its runs: one thread that follows the files of shown runs and tells their viewers.

The thread does nothing while nobody looks and no snapshot is due. It reads the run file like every other reader, so
`log()` never waits for it. All messages to widgets come from this thread or from the handler of a front end's
message, one at a time for each run.
"""

from __future__ import annotations

import contextlib
import threading
import time
from typing import TYPE_CHECKING, Any, Protocol

from wandb_nb.errors import StoreError
from wandb_nb.notebook.guard import guard
from wandb_nb.view.run_stream import RunStream

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from wandb_nb.tracking.run import Run
    from wandb_nb.view.message import Message

PUSH_SECONDS = 0.25
FIRST_SNAPSHOT_SECONDS = 1.0  # then later and later, up to
SNAPSHOT_SECONDS = 8.0  # which leaves two seconds for making it, so that a saved one is never older than ten
LOST_SHARE = 0.03  # of the time that a run takes: what a killed kernel may cost the picture, but for making it
MAKING_SHARE = 15  # a snapshot is made again after this many times what making the last one took
READ_SECONDS = 0.25


class RunViewer(Protocol):
    """Somebody who looks at a run through the kernel."""

    def send(self, message: Message) -> None:
        """Send *message* to the front end."""


class LiveRun:
    """One shown run: its stream, who looks at it, and when its next snapshot is due.  Thread-safe."""

    def __init__(self, run: Run, file: Path) -> None:
        self.run = run
        self.file = file
        self.lock = threading.RLock()
        self.stream = RunStream(file, owner_alive=lambda _directory: True)  # the owner is this very process
        self.snapshot: Callable[[], None] | None = None
        self._viewers: dict[RunViewer, str] = {}
        self._waiting: set[RunViewer] = set()
        self._size = -1
        self._wanted = False
        self._begun = time.monotonic()
        self.due = 0.0
        """When the next snapshot is to be taken, on the monotonic clock."""
        self.making_takes = 0.0

    @property
    def watched(self) -> bool:
        """Whether anybody looks."""
        return bool(self._viewers)

    @property
    def rows(self) -> int:
        """How many rows have been read."""
        return len(self.stream.state.table)

    def changed(self) -> bool:
        """Return whether the run file grew since the last snapshot; one system call."""
        return self._file_size() != self._size

    def catch_up(self) -> None:
        """Read to the file's end."""
        with self.lock:
            while self._read_on():
                pass

    def pull(self, viewer: RunViewer, cursor: str) -> None:
        """Answer *viewer* now, and push to it from now on."""
        with self.lock:
            self._read_on()
            message = self.stream.message(cursor)
            self._viewers[viewer] = message.header["cursor"]
            self._waiting.discard(viewer)
            viewer.send(message)

    def expect(self, viewer: RunViewer) -> None:
        """Tell *viewer* each snapshot until it asks for the first time: its question may wait behind a busy cell."""
        with self.lock:
            self._waiting.add(viewer)

    def tell_waiting(self) -> None:
        """Send the run as it stands to those that could not ask yet."""
        with self.lock:
            for viewer in self._waiting:
                viewer.send(self.stream.snapshot())

    def leave(self, viewer: RunViewer) -> None:
        """Push nothing more to *viewer*."""
        with self.lock:
            self._viewers.pop(viewer, None)
            self._waiting.discard(viewer)

    def push(self) -> None:
        """Send what is new to all viewers; nothing when nothing is."""
        with self.lock:
            self._read_on()
            for viewer, cursor in list(self._viewers.items()):
                message = self.stream.message(cursor)
                if message.header["cursor"] != cursor or message.header["done"]:
                    self._viewers[viewer] = message.header["cursor"]
                    viewer.send(message)

    def _read_on(self) -> bool:
        """Read on for a moment; return whether there is more. Of a file that was deleted, what was read stays."""
        try:
            return self.stream.advance(READ_SECONDS)
        except StoreError:
            if self.file.exists():
                raise
            self.stream.state.exit_code = self.run.exit_code  # nobody can read it any more
            return False

    def snapshot_taken(self) -> None:
        """Note that a snapshot of the file as it is now is about to be taken."""
        self._size, self._wanted = self._file_size(), False
        now = time.monotonic()
        pause = max(FIRST_SNAPSHOT_SECONDS, LOST_SHARE * (now - self._begun), MAKING_SHARE * self.making_takes)
        self.due = now + min(pause, SNAPSHOT_SECONDS)

    def snapshot_due(self, now: float) -> bool:
        """Return whether a new snapshot is to be taken at *now*."""
        return self.snapshot is not None and (self._wanted or (now >= self.due and self.changed()))

    def snapshot_soon(self) -> None:
        """Have the next snapshot taken at the feed's next turn, whatever there is new."""
        self._wanted = True

    def _file_size(self) -> int:
        with contextlib.suppress(OSError):  # the folder was deleted: nothing new comes from there
            return int(self.file.stat().st_size)
        return self._size


class PushThread:
    """The thread that serves all shown runs of this process.  Thread-safe; a forked child starts with an empty one."""

    def __init__(self) -> None:
        self._followed: dict[str, LiveRun] = {}
        self._wake = threading.Event()
        self._thread: threading.Thread | None = None

    def follow(self, followed: LiveRun) -> None:
        """Serve *followed* until `forget`; starts the thread with the first one."""
        self._followed[followed.run.id] = followed
        if self._thread is None or not self._thread.is_alive():
            self._thread = threading.Thread(target=self._serve, name="wandb-nb-feed", daemon=True)
            self._thread.start()
        self._wake.set()

    def forget(self, run_id: str) -> None:
        """Serve that run no more; the thread ends with the last one."""
        self._followed.pop(run_id, None)
        self._wake.set()

    def close(self) -> None:
        """Serve nothing more and wait, a second at most, for the thread to end."""
        self._followed.clear()
        self._wake.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(1.0)

    def get(self, run_id: str) -> LiveRun | None:
        """Return the followed run of that id."""
        return self._followed.get(run_id)

    def _serve(self) -> None:
        while self._followed:
            self._wake.wait(self._pause())
            self._wake.clear()
            for followed in list(self._followed.values()):
                with guard("refreshing the view"):
                    self._step(followed)

    def _pause(self) -> float:
        """Return the seconds until there is something to look after."""
        followed = list(self._followed.values())
        if any(each.watched for each in followed):
            return PUSH_SECONDS
        waits = (each.due - time.monotonic() for each in followed)
        return min((wait for wait in waits if wait > 0), default=FIRST_SNAPSHOT_SECONDS)

    def _step(self, followed: LiveRun) -> None:
        if followed.watched:
            followed.push()
        begun = time.monotonic()
        if followed.snapshot_due(begun) and followed.snapshot is not None:
            followed.snapshot()
            followed.making_takes = time.monotonic() - begun


def reply(message: Message) -> dict[str, Any]:
    """Return the content that carries *message* over a comm; its blob travels as the one buffer."""
    return {"type": "message", "header": message.header}
