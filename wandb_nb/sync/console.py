"""Terminal output as lines of `output.log`: a progress bar is one line, which is sent again as it changes."""

from __future__ import annotations

import tempfile
from datetime import datetime, timezone
from typing import TYPE_CHECKING, BinaryIO, cast

from wandb_nb.capture.screen import Screen

if TYPE_CHECKING:
    from wandb_nb.store.kinds import Output

SPOOL_IN_MEMORY = 1 << 20


class ConsoleLines:
    """The lines of a run's terminal.  Those before *have* are with the server already.

    `text` is all of it as a file, complete after `close`.  Lines carry the time of the output that last changed them.
    """

    def __init__(self, have: int = 0) -> None:
        self.have = have
        self._screen = Screen()
        self.settled = 0
        self._waiting: list[str] = []
        self._live: list[tuple[str, str]] = []
        """Text, and the line as it is sent, of those that may still change."""
        self._sent_live: list[str] = []
        self.size = 0
        self.text = cast("BinaryIO", tempfile.SpooledTemporaryFile(max_size=SPOOL_IN_MEMORY))  # noqa: SIM115 - closed by close_file

    def add(self, output: Output) -> None:
        """Take a piece of output."""
        stamp = datetime.fromtimestamp(output.timestamp or 0, timezone.utc).strftime("%Y-%m-%dT%H:%M:%S.%f")
        prefix = f"{'ERROR ' if output.stream == 'stderr' else ''}{stamp} "
        before = list(self._live)
        self._screen.feed(output.text)
        for line in self._screen.take_settled():
            known = before.pop(0) if before else ("", "")
            self._settle(line, known[1] if known[0] == line and known[1] else prefix + line)
        self._live = []
        for line in self._screen.live():
            known = before.pop(0) if before else ("", "")
            self._live.append((line, known[1] if known[0] == line and known[1] else prefix + line))

    def finish(self) -> None:
        """Make all lines final."""
        for line, sent in self._live:
            self._settle(line, sent)
        self._live = []

    def _settle(self, line: str, sent: str) -> None:
        self.text.write(line.encode("utf-8", "backslashreplace") + b"\n")
        if self.settled >= self.have:
            self._waiting.append(sent)
            self.size += len(sent)
        self.settled += 1

    def take(self) -> tuple[int, list[str]]:
        """Return the number of the first line to send and the lines; none where the server has them all."""
        live = [sent for _, sent in self._live]
        if not self._waiting and (live == self._sent_live or self.settled < self.have):
            return self.have, []
        return self.have, self._waiting + live

    def acknowledge(self) -> None:
        """Note that the server has what `take` returned."""
        self.have = max(self.have, self.settled)
        self._sent_live = [sent for _, sent in self._live]
        self._waiting, self.size = [], 0

    def close_file(self) -> None:
        """Give the file of the text back."""
        self.text.close()
