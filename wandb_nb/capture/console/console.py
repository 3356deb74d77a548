"""What the program prints, as OutputRawRecords and as text.

Whoever prints only puts the text into a queue, which takes well under a microsecond and may happen anywhere, in signal
handlers too.  A thread redacts it and writes it down, a tenth of a second later at most.
"""

from __future__ import annotations

import threading
import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Literal, NamedTuple

from wandb_nb.capture.console.stream_hooks import STREAMS, DescriptorHook, StreamHook, on_descriptor
from wandb_nb.store.format import records

if TYPE_CHECKING:
    from collections.abc import Callable

    from wandb_nb.capture.console.output_log import OutputLog, OutputParts

Mode = Literal["auto", "off", "wrap", "redirect"]

EVERY_S = 0.1
RECORD_CHARACTERS = 32 << 10
MOST_CHARACTERS = 32 << 20
"""Of one run; the end of what is longer is in `output.log` only."""

_HELD_AT_MOST = 512
_WAITING_AT_MOST = 200_000
_STOP_TAKES_AT_MOST_S = 5.0
_ENDINGS = " \n\r\t"


class _Written(NamedTuple):
    stream: str
    text: str
    time: float


class Console:
    """Stores what is printed from `start()` to `stop()`.

    *append* takes records, *log* the text, *redact* takes secrets out, *failed* is told once what went wrong.
    Nothing of it reaches the code that prints.  A forked child's prints are shown, not stored.
    """

    def __init__(
        self,
        append: Callable[..., None],
        log: OutputLog | OutputParts,
        *,
        redact: Callable[[str], str],
        failed: Callable[[str], None],
    ) -> None:
        self._append, self._log, self._redact, self._failed = append, log, redact, failed
        self._queue: SimpleQueue[_Written | None] = SimpleQueue()
        self._log_failed = False
        self._stopping = threading.Event()
        self._held: dict[str, _Written] = {}
        self._characters = 0
        self._ends: list[Callable[[], None]] = []
        self._thread = threading.Thread(target=self._run, name="wandb_nb-console", daemon=True)

    def start(self, mode: Mode) -> None:
        """Begin to listen.

        "wrap" hears what Python writes to `sys.stdout` and `sys.stderr`, "redirect" what C code and subprocesses
        write as well, "auto" means wrap, "off" does nothing.
        """
        if mode == "off":
            return
        self._thread.start()
        for name in STREAMS:
            self._listen(name, mode)

    def stop(self) -> None:
        """Stop listening and store what was printed so far; the stores are complete when this returns."""
        for end in self._ends:
            end()
        self._ends.clear()
        self._stopping.set()
        self._queue.put(None)
        if self._thread.is_alive():
            self._thread.join(_STOP_TAKES_AT_MOST_S)

    def write(self, stream: str, text: str) -> None:
        """Take *text* as if it had been printed; never blocks or raises."""
        if self._queue.qsize() < _WAITING_AT_MOST:  # else nobody reads any more, and memory counts
            self._queue.put(_Written(stream, text, time.time()))

    def _listen(self, name: str, mode: Mode) -> None:
        through_descriptor = mode == "redirect" and on_descriptor(name)
        try:
            if mode == "redirect":
                self._ends.append(DescriptorHook(name, self.write).close)
            if not through_descriptor:
                self._ends.append(StreamHook.listen(name, self.write))
        except (AttributeError, TypeError, OSError) as error:  # pythonw has no streams; others may be of any kind
            if mode != "auto":
                self._failed(f"{name} cannot be captured ({type(error).__name__}: {error}); the run goes on")

    # -- in the thread

    def _run(self) -> None:
        try:
            while self._round():
                pass
            self._finish()
        except Exception as error:  # noqa: BLE001 -- a thread has nobody to raise to; the program prints on
            for end in self._ends:
                end()
            self._failed(f"the console is no longer captured ({type(error).__name__}: {error}); the run goes on")

    def _round(self) -> bool:
        """Store what was printed in the last moment; False when nothing will follow."""
        try:
            first = self._queue.get(timeout=EVERY_S if self._held else None)
        except Empty:
            self._store([], hold=False)
            return True
        if first is not None:
            self._stopping.wait(EVERY_S)
        batch = [first]
        while not self._queue.empty():
            batch.append(self._queue.get())
        ended = None in batch
        self._store([written for written in batch if written is not None], hold=not ended)
        return not ended

    def _store(self, batch: list[_Written], *, hold: bool) -> None:
        """Store *batch*, with one write; with *hold* a stream's word that may go on is kept back until it does."""
        runs = [whole for run in _joined(batch) for whole in self._whole_words(run)]
        if not hold:
            runs += self._held.values()
            self._held = {}
        texts = [(run, self._redact(run.text)) for run in runs]
        bodies = [
            records.output_raw(text[at : at + RECORD_CHARACTERS], run.stream, run.time)
            for run, text in texts
            for at in range(0, len(text), RECORD_CHARACTERS)
        ]
        size = sum(len(text) for _, text in texts)
        if self._characters + size <= MOST_CHARACTERS:
            self._append(*bodies)
        self._characters += size
        pieces = [(run.stream, text) for run, text in texts if text]
        if pieces:
            self._keep_log(lambda: self._log.write(pieces))

    def _whole_words(self, run: _Written) -> list[_Written]:
        """Return *run* behind what was kept back of its stream, and keep its own open word back."""
        before = self._held.pop(run.stream, None)
        whole, held = _without_open_word(run._replace(text=before.text + run.text) if before else run)
        if held is not None:
            self._held[run.stream] = held
        return whole

    def _keep_log(self, act: Callable[[], list[str]]) -> None:
        """Write to the text log, and announce the files that are complete."""
        if self._log_failed:
            return
        try:
            if complete := act():
                self._append(records.files([(name, "now", "wandb") for name in complete]))
        except OSError as error:
            what = error.filename or "the text of the console"
            self._failed(f"{what} cannot be written ({error.strerror or error}); the run file has the output")
            self._log_failed = True

    def _finish(self) -> None:
        self._keep_log(self._log.close)


def _joined(batch: list[_Written]) -> list[_Written]:
    """Return *batch* with neighbours of the same stream made one."""
    runs: list[tuple[_Written, list[str]]] = []
    for written in batch:
        if not runs or runs[-1][0].stream != written.stream:
            runs.append((written, []))
        runs[-1][1].append(written.text)
    return [first._replace(text="".join(texts)) for first, texts in runs]


def _without_open_word(run: _Written) -> tuple[list[_Written], _Written | None]:
    """Return *run* up to its last blank, and the rest: half a key would not be recognised as one."""
    cut = max(map(run.text.rfind, _ENDINGS)) + 1
    if cut == len(run.text) or len(run.text) - cut > _HELD_AT_MOST:
        return [run], None
    return ([run._replace(text=run.text[:cut])] if cut else []), run._replace(text=run.text[cut:])
