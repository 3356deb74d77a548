"""`Follower`: the thread that turns what is written for TensorBoard into rows of a run."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any, Protocol

from wandb_nb.store.format.wire import WireError
from wandb_nb.tensorboard.event_file import EventFile
from wandb_nb.tensorboard.event_messages import decode_event, hparams_of
from wandb_nb.tensorboard.event_values import HPARAMS, row_of
from wandb_nb.tensorboard.log_folders import common_root, event_files, namespace, prefixed
from wandb_nb.tensorboard.writer_hooks import folders

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from wandb_nb.tensorboard.event_messages import Event, SummaryValue

POLL_SECONDS = 1.0
NAMING_SECONDS = 10.0
"""How long a second folder is waited for: with one folder, metrics are called by their tags alone."""
SEARCH_POLLS = 10
"""Polls between two searches below the folders, for files of other processes."""
IDLE_POLLS = 3
"""Polls without news of a file after which its last step is taken to be complete."""
CLOCK_TICK_SECONDS = 0.05
"""How far the times of files lag behind the clock at most."""
GLOBAL_STEP = "global_step"


class RowTarget(Protocol):
    """What the follower does with a run."""

    def log(self, row: Mapping[str, Any]) -> None:
        """Store a row as a step of its own."""

    def update_config(self, values: Mapping[str, Any]) -> None:
        """Add to the config what it does not have."""

    def save(self, path: Path, base: Path) -> None:
        """Add the file to the run, under its path below *base*, and send it again whenever it changes."""

    def report(self, text: str) -> None:
        """Report a problem, once."""


class Follower:
    """Follows the event files of one run from *start_time* (unix seconds) on, in a thread. `finish` reads the rest.

    Every step of a file is one row, with the step under `global_step`. Values of one step that come later than a few
    seconds after the others are a row of their own.
    """

    def __init__(self, run: RowTarget, start_time: float) -> None:
        self._run, self._start_time = run, start_time
        self._files: dict[Path, _FollowedFile] = {}
        self._began = time.monotonic()
        self._polls = 0
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="wandb-nb-tensorboard", daemon=True)

    def start(self) -> None:
        """Start the thread; where no thread can be made, everything is read at the end."""
        with suppress(RuntimeError):
            self._thread.start()

    def finish(self) -> None:
        """Read what is left, and end the thread."""
        self._end.set()
        if self._thread.is_alive():
            self._thread.join()
        self._search()
        self._read(last=True)

    def _follow(self) -> None:
        try:
            while not self._end.wait(POLL_SECONDS):
                self._search()
                if self._is_named():
                    self._read(last=False)
        except Exception as error:  # noqa: BLE001 -- foreign files: the run continues, and they are read at its end
            self._run.report(f"event files could not be followed ({type(error).__name__}: {error})")

    def _is_named(self) -> bool:
        """Return whether names can be given: several folders are known, or no second one has come."""
        parents = {file.parent for file in self._files}
        return folders.root is not None or len(parents) > 1 or time.monotonic() - self._began > NAMING_SECONDS

    def _search(self) -> None:
        """Add new event files: of writers at each poll, of other processes now and then."""
        below = self._end.is_set() or self._polls % SEARCH_POLLS == 0
        self._polls += 1
        for folder in [*folders.all(), *([folders.root] if folders.root else [])]:
            for path in event_files(folder, self._start_time - CLOCK_TICK_SECONDS, below=below):
                if path not in self._files:
                    self._files[path] = _FollowedFile(path)

    def _read(self, *, last: bool) -> None:
        root = folders.root or common_root(sorted({file.parent for file in self._files}))
        for path in sorted(self._files):
            file = self._files[path]
            file.name(root)
            if not file.is_saved:
                self._run.save(path, root or path.parent)
                file.is_saved = True
            for event_values, step in file.steps(last=last):
                self._log(event_values, step, file.prefix)
            if file.events.is_damaged and not file.is_reported:
                file.is_reported = True
                self._run.report(f"the event file {path} is damaged; what follows in it is not recorded")

    def _log(self, values: list[SummaryValue], step: int, prefix: str) -> None:
        for value in values:
            if value.plugin == HPARAMS:
                with suppress(WireError):
                    self._run.update_config(hparams_of(value.content))
        row = row_of(value for value in values if value.plugin != HPARAMS)
        if row:
            names = prefixed(row, prefix)
            self._run.log({**{names[tag]: value for tag, value in row.items()}, GLOBAL_STEP: step})


class _FollowedFile:
    """One event file: the values of its open step, and the name of its folder."""

    def __init__(self, path: Path) -> None:
        self.events = EventFile(path)
        self.prefix = ""
        self.is_saved = self.is_reported = self._is_named = False
        self._open: list[SummaryValue] = []
        self._step = 0
        self._idle_polls = 0

    def name(self, root: Path | None) -> None:
        """Choose the prefix of its metrics, which then stays."""
        if not self._is_named:
            self.prefix, self._is_named = namespace(self.events.path.parent, root), True

    def steps(self, *, last: bool) -> list[tuple[list[SummaryValue], int]]:
        """Return values and step of each complete step that is new; with *last* also the open one."""
        complete = []
        news = False
        with suppress(OSError):  # removed meanwhile: what was read counts
            while payloads := self.events.read():
                news = True
                for event in _events(payloads):
                    if event.step != self._step and self._open:
                        complete.append((self._open, self._step))
                        self._open = []
                    self._step = event.step
                    self._open += event.values
        self._idle_polls = 0 if news else self._idle_polls + 1
        if self._open and (last or self._idle_polls >= IDLE_POLLS):
            complete.append((self._open, self._step))
            self._open = []
        return complete


def _events(payloads: list[bytes]) -> list[Event]:
    """Return the events in *payloads* that have values."""
    events = []
    for payload in payloads:
        with suppress(WireError):  # its checksum was right: a newer form that nobody here knows
            event = decode_event(payload)
            if event.values:
                events.append(event)
    return events
