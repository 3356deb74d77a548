"""Stores console output as OutputRawRecords and as text.

Printing only puts the text into a queue, which takes well under a microsecond and is safe anywhere, also in signal
handlers. A thread redacts and stores it, at most a tenth of a second later.
"""

from __future__ import annotations

import threading
import time
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Literal, NamedTuple

from wandb_nb.capture.console.stream_hooks import STREAMS, DescriptorHook, StreamHook, on_descriptor
from wandb_nb.store.format import records

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from wandb_nb.capture.console.output_log import OutputLog, OutputParts

Mode = Literal["auto", "off", "wrap", "redirect"]

FLUSH_SECONDS = 0.1
RECORD_CHARACTERS = 32 << 10
MAX_CHARACTERS = 32 << 20
"""Stored in the run file for one run; `output.log` also has the end of a longer output."""

_MAX_WORD_CHARACTERS = 512
_MAX_QUEUED = 200_000
_STALL_SECONDS = 15.0  # a thread that stores nothing for so long is stuck; a megabyte takes it 0.1 s
_MAX_SLICE_CHARACTERS = 1 << 20
_WORD_ENDS = " \n\r\t"


class _Chunk(NamedTuple):
    stream: str
    text: str
    time: float


class Console:
    """Stores the output from `start()` to `stop()`.

    *append* stores records, *log* stores text, *redact* removes secrets, *report_failure* gets an error at most once.
    No error reaches the code that prints. The output of a forked child is shown, not stored.
    """

    def __init__(
        self,
        append: Callable[..., None],
        log: OutputLog | OutputParts,
        *,
        redact: Callable[[str], str],
        report_failure: Callable[[str], None],
    ) -> None:
        self._append, self._log, self._redact, self._report_failure = append, log, redact, report_failure
        self._queue: SimpleQueue[_Chunk | None] = SimpleQueue()
        self._log_failed = False
        self._stopping = threading.Event()
        self._open_words: dict[str, _Chunk] = {}
        self._characters = 0
        self._remove_hooks: list[Callable[[], None]] = []
        self._thread = threading.Thread(target=self._run, name="wandb_nb-console", daemon=True)

    def start(self, mode: Mode) -> None:
        """Install the hooks.

        "wrap" captures what Python writes to `sys.stdout` and `sys.stderr`, "redirect" also the output of C code and
        subprocesses, "auto" means "wrap", "off" captures nothing.
        """
        if mode == "off" or not self.start_thread():
            return
        for name in STREAMS:
            self._add_hooks(name, mode)

    def start_thread(self) -> bool:
        """Start the thread that stores what `write()` gets, once; return whether it was started."""
        if self._thread.ident is not None:
            return True
        try:
            self._thread.start()
        except RuntimeError as error:  # the system allows no more threads
            self._report_failure(f"the console is not captured ({error}); the run continues")
            return False
        return True

    def stop(self) -> None:
        """Remove the hooks and store the rest, however long that takes; a thread that is stuck is left and reported."""
        for remove in self._remove_hooks:
            remove()
        self._remove_hooks.clear()
        self._stopping.set()
        self._queue.put(None)
        self._wait_for_thread()

    def _wait_for_thread(self) -> None:
        while self._thread.is_alive():
            stored = self._characters
            self._thread.join(_STALL_SECONDS)
            if self._thread.is_alive() and self._characters == stored:
                self._report_failure(f"the end of the console was not stored within {_STALL_SECONDS:.0f} s")
                return

    def write(self, stream: str, text: str) -> None:
        """Add *text* as if it had been printed; never blocks or raises."""
        if self._queue.qsize() < _MAX_QUEUED:  # else the thread is gone, and memory must stay bounded
            self._queue.put(_Chunk(stream, text, time.time()))

    def _add_hooks(self, name: str, mode: Mode) -> None:
        through_descriptor = mode == "redirect" and on_descriptor(name)
        try:
            if mode == "redirect":
                self._remove_hooks.append(DescriptorHook(name, self.write).close)
            if not through_descriptor:
                self._remove_hooks.append(StreamHook.listen(name, self.write))
        except (
            AttributeError,
            TypeError,
            OSError,
            RuntimeError,
        ) as error:  # pythonw has no streams; other programs replace them
            if mode != "auto":
                self._report_failure(f"{name} cannot be captured ({type(error).__name__}: {error}); the run continues")

    # -- in the thread

    def _run(self) -> None:
        try:
            while self._store_next():
                pass
            self._finish()
        except Exception as error:  # noqa: BLE001 -- nothing above the thread could handle it; printing must continue
            for remove in self._remove_hooks:
                remove()
            self._report_failure(
                f"the console is no longer captured ({type(error).__name__}: {error}); the run continues"
            )

    def _store_next(self) -> bool:
        """Store the newest output; False when nothing will follow."""
        try:
            first = self._queue.get(timeout=FLUSH_SECONDS if self._open_words else None)
        except Empty:
            self._store([], keep_open=False)
            return True
        if first is not None:
            self._stopping.wait(FLUSH_SECONDS)
        batch = [first]
        while not self._queue.empty():
            batch.append(self._queue.get())
        ended = None in batch
        for group in _slices([chunk for chunk in batch if chunk is not None]):
            self._store(group, keep_open=True)
        if ended:
            self._store([], keep_open=False)
        return not ended

    def _store(self, batch: list[_Chunk], *, keep_open: bool) -> None:
        """Store *batch* with one write; with *keep_open* an unfinished word waits for the rest of it."""
        chunks = [whole for chunk in _merge(batch) for whole in self._complete_words(chunk)]
        if not keep_open:
            chunks += self._open_words.values()
            self._open_words = {}
        texts = [(chunk, self._redact(chunk.text)) for chunk in chunks]
        bodies = [
            records.output_raw(text[start : start + RECORD_CHARACTERS], chunk.stream, chunk.time)
            for chunk, text in texts
            for start in range(0, len(text), RECORD_CHARACTERS)
        ]
        size = sum(len(text) for _, text in texts)
        if self._characters + size <= MAX_CHARACTERS:
            self._append(*bodies)
        self._characters += size
        pieces = [(chunk.stream, text) for chunk, text in texts if text]
        if pieces:
            self._write_log(lambda: self._log.write(pieces))

    def _complete_words(self, chunk: _Chunk) -> list[_Chunk]:
        """Return *chunk* joined to the open word of its stream, without its own open word, which waits."""
        previous = self._open_words.pop(chunk.stream, None)
        whole, open_word = _split_open_word(chunk._replace(text=previous.text + chunk.text) if previous else chunk)
        if open_word is not None:
            self._open_words[chunk.stream] = open_word
        return whole

    def _write_log(self, act: Callable[[], list[str]]) -> None:
        """Run *act* on the text log, and record the files that are complete."""
        if self._log_failed:
            return
        try:
            if complete := act():
                self._append(records.files([(name, "now", "wandb") for name in complete]))
        except OSError as error:
            name = error.filename or "the console log"
            self._report_failure(f"{name} cannot be written ({error.strerror or error}); the run file has the output")
            self._log_failed = True

    def _finish(self) -> None:
        self._write_log(self._log.close)


def _slices(batch: list[_Chunk]) -> Iterator[list[_Chunk]]:
    """Yield *batch* in groups of about `_MAX_SLICE_CHARACTERS`, so that a burst is stored and bounded bit by bit."""
    group: list[_Chunk] = []
    size = 0
    for chunk in batch:
        for start in range(0, len(chunk.text), _MAX_SLICE_CHARACTERS):
            piece = chunk._replace(text=chunk.text[start : start + _MAX_SLICE_CHARACTERS])
            if size + len(piece.text) > _MAX_SLICE_CHARACTERS:
                yield group
                group, size = [], 0
            group.append(piece)
            size += len(piece.text)
    if group:
        yield group


def _merge(batch: list[_Chunk]) -> list[_Chunk]:
    """Return *batch* with adjacent chunks of one stream merged."""
    groups: list[tuple[_Chunk, list[str]]] = []
    for chunk in batch:
        if not groups or groups[-1][0].stream != chunk.stream:
            groups.append((chunk, []))
        groups[-1][1].append(chunk.text)
    return [first._replace(text="".join(texts)) for first, texts in groups]


def _split_open_word(chunk: _Chunk) -> tuple[list[_Chunk], _Chunk | None]:
    """Return *chunk* up to its last blank, and the rest: redaction would not recognise half a key."""
    cut = max(map(chunk.text.rfind, _WORD_ENDS)) + 1
    if cut == len(chunk.text) or len(chunk.text) - cut > _MAX_WORD_CHARACTERS:
        return [chunk], None
    return ([chunk._replace(text=chunk.text[:cut])] if cut else []), chunk._replace(text=chunk.text[cut:])
