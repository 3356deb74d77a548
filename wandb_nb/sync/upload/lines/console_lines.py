"""Console output as lines of `output.log`: a progress bar is one line, sent again when it changes."""

from __future__ import annotations

import tempfile
from datetime import datetime, timezone
from typing import TYPE_CHECKING, BinaryIO, cast

from wandb_nb.capture.console.transcript import Transcript

if TYPE_CHECKING:
    from wandb_nb.capture.console.transcript import TranscriptLine
    from wandb_nb.store.format.record_types import OutputRecord

MAX_SPOOL_BYTES = 1 << 20


class ConsoleLines:
    """The lines of a run's console. Those before *acknowledged* are on the server already.

    `text` is a file with the whole output, complete after `finish`. Each line has the time of its last change.
    """

    def __init__(self, acknowledged: int = 0) -> None:
        self.acknowledged = acknowledged
        self._transcript = Transcript()
        self.final_count = 0
        self._pending: list[str] = []
        self._sent_live: list[str] = []
        self.size = 0
        self.text = cast("BinaryIO", tempfile.SpooledTemporaryFile(max_size=MAX_SPOOL_BYTES))  # noqa: SIM115 -- closed by close_file

    def add(self, output: OutputRecord) -> None:
        """Add a piece of output."""
        self._transcript.feed(output.stream, output.text, output.timestamp or 0)
        self._collect_final()

    def finish(self) -> None:
        """Make all lines final."""
        self._transcript.finalize()
        self._collect_final()

    def _collect_final(self) -> None:
        for line in self._transcript.take_final():
            self.text.write(line.text.encode("utf-8", "backslashreplace") + b"\n")
            if self.final_count >= self.acknowledged:
                self._pending.append(_encode(line))
                self.size += len(self._pending[-1])
            self.final_count += 1

    def take(self) -> tuple[int, list[str]]:
        """Return the number of the first line to send and the lines; none if the server has them all."""
        live = self._live_lines()
        if not self._pending and (live == self._sent_live or self.final_count < self.acknowledged):
            return self.acknowledged, []
        return self.acknowledged, self._pending + live

    def acknowledge(self) -> None:
        """Record that the server has the lines that `take` returned."""
        self.acknowledged = max(self.acknowledged, self.final_count)
        self._sent_live = self._live_lines()
        self._pending, self.size = [], 0

    def _live_lines(self) -> list[str]:
        return [_encode(line) for line in self._transcript.live()]

    def close_file(self) -> None:
        """Close the file `text`."""
        self.text.close()


def _encode(line: TranscriptLine) -> str:
    """Return a line in the format of servers, with stream and time."""
    stamp = datetime.fromtimestamp(line.changed, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return f"{'ERROR ' if line.stream == 'stderr' else ''}{stamp} {line.text}"
