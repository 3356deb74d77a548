"""The output of several streams, as lines in the order in which they began.

Each stream has its own screen, so a progress bar on stderr and prints on stdout never break into each other's lines,
however their pieces are mixed.
"""

from __future__ import annotations

from dataclasses import dataclass

from wandb_nb.capture.console.screen import HEIGHT, TerminalScreen

MAX_LIVE_LINES = 3 * HEIGHT
"""Lines that may wait for an earlier one; beyond that, the earlier one is final and continues as a new line."""


@dataclass(eq=False)
class TranscriptLine:
    """One line of a stream and the time of its last change."""

    stream: str
    text: str
    changed: float
    cannot_change: bool = False
    """Whether it has left the screen."""
    is_final: bool = False
    """Whether it was returned as final."""


class Transcript:
    """Turns the output of streams, in pieces of any size, into lines in one order."""

    def __init__(self) -> None:
        self._screens: dict[str, TerminalScreen] = {}
        self._lines: dict[str, list[TranscriptLine]] = {}  # the lines that their screen may still change
        self._live: list[TranscriptLine] = []
        self._final: list[TranscriptLine] = []

    def feed(self, stream: str, text: str, time: float = 0.0) -> None:
        """Process *text*, written to *stream* at *time*."""
        screen = self._screens.setdefault(stream, TerminalScreen())
        lines = self._lines.setdefault(stream, [])
        screen.feed(text)
        final = screen.take_final()
        texts = [*final, *screen.live()]
        erased = lines[len(texts) :]
        del lines[len(texts) :]
        if erased:
            self._live = [line for line in self._live if line not in erased]
        for index, current in enumerate(texts):
            if index < len(lines) and lines[index].text == current:
                continue
            if index < len(lines) and not lines[index].is_final:
                lines[index].text, lines[index].changed = current, time
                continue
            lines[index : index + 1] = [TranscriptLine(stream, current, time)]
            self._live.append(lines[index])
        for line in lines[: len(final)]:
            line.cannot_change = True
        del lines[: len(final)]
        self._collect_final()

    def take_final(self) -> list[TranscriptLine]:
        """Return the final lines that were not returned before."""
        lines, self._final = self._final, []
        return lines

    def live(self) -> list[TranscriptLine]:
        """Return the lines that may still change, and the ones behind them."""
        return list(self._live)

    def finalize(self) -> None:
        """Make every line final; later changes of one of them start a new line."""
        self._collect_final(max_live=0)

    def _collect_final(self, max_live: int = MAX_LIVE_LINES) -> None:
        count = 0
        while count < len(self._live) and (self._live[count].cannot_change or len(self._live) - count > max_live):
            self._live[count].is_final = True
            count += 1
        self._final += self._live[:count]
        del self._live[:count]
