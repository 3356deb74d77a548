"""Terminal output as lines of `output.log`: a progress bar is one line, which is sent again as it changes."""

from __future__ import annotations

import tempfile
from datetime import datetime, timezone
from typing import TYPE_CHECKING, BinaryIO, cast

from wandb_nb.capture.console.transcript import Transcript

if TYPE_CHECKING:
    from wandb_nb.capture.console.transcript import TranscriptLine
    from wandb_nb.store.format.record_types import OutputRecord

SPOOL_IN_MEMORY = 1 << 20


class ConsoleLines:
    """The lines of a run's terminal.  Those before *have* are with the server already.

    `text` is all of it as a file, complete after `close`.  Lines carry the time of the output that last changed them.
    """

    def __init__(self, have: int = 0) -> None:
        self.have = have
        self._transcript = Transcript()
        self.settled = 0
        self._waiting: list[str] = []
        self._sent_live: list[str] = []
        self.size = 0
        self.text = cast("BinaryIO", tempfile.SpooledTemporaryFile(max_size=SPOOL_IN_MEMORY))  # noqa: SIM115 - closed by close_file

    def add(self, output: OutputRecord) -> None:
        """Take a piece of output."""
        self._transcript.feed(output.stream, output.text, output.timestamp or 0)
        self._take_settled()

    def finish(self) -> None:
        """Make all lines final."""
        self._transcript.settle()
        self._take_settled()

    def _take_settled(self) -> None:
        for line in self._transcript.take_settled():
            self.text.write(line.text.encode("utf-8", "backslashreplace") + b"\n")
            if self.settled >= self.have:
                self._waiting.append(_sent(line))
                self.size += len(self._waiting[-1])
            self.settled += 1

    def take(self) -> tuple[int, list[str]]:
        """Return the number of the first line to send and the lines; none where the server has them all."""
        live = self._sent_lines()
        if not self._waiting and (live == self._sent_live or self.settled < self.have):
            return self.have, []
        return self.have, self._waiting + live

    def acknowledge(self) -> None:
        """Note that the server has what `take` returned."""
        self.have = max(self.have, self.settled)
        self._sent_live = self._sent_lines()
        self._waiting, self.size = [], 0

    def _sent_lines(self) -> list[str]:
        return [_sent(line) for line in self._transcript.live()]

    def close_file(self) -> None:
        """Give the file of the text back."""
        self.text.close()


def _sent(line: TranscriptLine) -> str:
    """Return a line as servers keep it."""
    stamp = datetime.fromtimestamp(line.changed, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")
    return f"{'ERROR ' if line.stream == 'stderr' else ''}{stamp} {line.text}"
