"""What several streams wrote, as lines in the order in which they began.

Each stream has a screen of its own: a progress bar on stderr and the prints on stdout never break into each other's
lines, however their pieces come mixed.
"""

from __future__ import annotations

from dataclasses import dataclass

from wandb_nb.capture.console.screen import HEIGHT, TerminalScreen

MOST_LIVE = 3 * HEIGHT
"""Lines that may wait for one before them; then that one is settled as it is, and goes on as a new line."""


@dataclass(eq=False)
class TranscriptLine:
    """One line of a stream, and the time of the output that last changed it."""

    stream: str
    text: str
    changed: float
    is_final: bool = False
    is_settled: bool = False


class Transcript:
    """Takes what is written to streams, in pieces of any size, and gives their lines in one order."""

    def __init__(self) -> None:
        self._screens: dict[str, TerminalScreen] = {}
        self._lines: dict[str, list[TranscriptLine]] = {}  # those that their screen may still change
        self._live: list[TranscriptLine] = []
        self._settled: list[TranscriptLine] = []

    def feed(self, stream: str, text: str, time: float = 0.0) -> None:
        """Carry out *text*, written to *stream* at *time*."""
        screen = self._screens.setdefault(stream, TerminalScreen())
        lines = self._lines.setdefault(stream, [])
        screen.feed(text)
        final = screen.take_settled()
        shown = [*final, *screen.live()]
        erased = lines[len(shown) :]
        del lines[len(shown) :]
        if erased:
            self._live = [line for line in self._live if line not in erased]
        for at, each in enumerate(shown):
            if at < len(lines) and lines[at].text == each:
                continue
            if at < len(lines) and not lines[at].is_settled:
                lines[at].text, lines[at].changed = each, time
                continue
            lines[at : at + 1] = [TranscriptLine(stream, each, time)]
            self._live.append(lines[at])
        for line in lines[: len(final)]:
            line.is_final = True
        del lines[: len(final)]
        self._settle()

    def take_settled(self) -> list[TranscriptLine]:
        """Return the lines that nothing can change any more and that were not returned before."""
        settled, self._settled = self._settled, []
        return settled

    def live(self) -> list[TranscriptLine]:
        """Return the lines that may still change, and those that wait for them."""
        return list(self._live)

    def settle(self) -> None:
        """Have every line count as settled; what changes one of them from now on begins a new line."""
        self._settle(most_live=0)

    def _settle(self, most_live: int = MOST_LIVE) -> None:
        count = 0
        while count < len(self._live) and (self._live[count].is_final or len(self._live) - count > most_live):
            self._live[count].is_settled = True
            count += 1
        self._settled += self._live[:count]
        del self._live[:count]
