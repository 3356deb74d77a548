"""A small terminal: what a program wrote, as lines of text, the way somebody looking at a terminal sees it.

Progress bars that return to the start of their line or move up some lines leave their last state; colours and
titles vanish; wide characters and emoji stay whole.
"""

from __future__ import annotations

import re
import unicodedata

HEIGHT = 100
"""Lines that the cursor can come back to; those above are settled."""
WIDEST = 16_384
"""Columns of a line that are kept; what is written beyond is left out."""

_CONTROL = re.compile(
    r"\x1b\[(?P<parameters>[0-?]*)[ -/]*(?P<command>[@-~])"
    r"|\x1b[\]PX^_][^\x07\x1b]*(?:\x07|\x1b\\)"  # titles, links and other strings
    r"|\x1b[ -/]+[0-~]|\x1b[0-~]"
    r"|(?P<single>[\x00-\x1f\x7f-\x9f])"
)
_UNFINISHED = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b]{0,1000}\x1b?|[ -/]*)$")
_JOINER = "\u200d"
_TAB = 8


class TerminalScreen:
    """Takes what is written, in pieces of any size, and gives lines."""

    def __init__(self) -> None:
        self._lines: list[list[str]] = [[]]  # one text a column; a wide character is followed by an empty one
        self._row = self._column = 0
        self._settled: list[str] = []
        self._unfinished = ""

    def feed(self, text: str) -> None:
        """Carry out *text*; an escape sequence may be split between two calls."""
        text = self._unfinished + text
        cut = _UNFINISHED.search(text)
        self._unfinished = cut[0] if cut else ""
        end = cut.start() if cut else len(text)
        at = 0
        for found in _CONTROL.finditer(text, 0, end):
            if found.start() > at:
                self._put(text[at : found.start()])
            at = found.end()
            if found["single"]:
                self._control(found["single"])
            elif found["command"]:
                self._command(found["command"], found["parameters"])
        if at < end:
            self._put(text[at:end])

    def take_settled(self) -> list[str]:
        """Return the lines that nothing can change any more and that were not returned before."""
        settled, self._settled = self._settled, []
        return settled

    def live(self) -> list[str]:
        """Return the lines that may still change, without empty ones at the end."""
        lines = [_text(line) for line in self._lines]
        while lines and not lines[-1]:
            lines.pop()
        return lines

    def _put(self, run: str) -> None:
        line, start = self._lines[self._row], self._column
        if start > len(line):
            line.extend(" " * (start - len(line)))
        joins = "".join(line[max(0, start - 2) : start]).endswith(_JOINER)
        cells = list(run) if run.isascii() and not joins else _cells(run, line, start)
        del cells[max(0, WIDEST - start) :]
        end = start + len(cells)
        if start < len(line) and cells:  # nothing half of a wide character may stay
            if not line[start]:
                line[start - 1] = " "
            if end < len(line) and not line[end]:
                line[end] = " "
        line[start:end] = cells
        self._column = end

    def _control(self, control: str) -> None:
        if control == "\n":
            self._down()
        elif control == "\r":
            self._column = 0
        elif control == "\b":
            self._column = max(0, self._column - 1)
        elif control == "\t":
            self._column = min(WIDEST, self._column - self._column % _TAB + _TAB)

    def _down(self) -> None:
        self._row, self._column = self._row + 1, 0
        if self._row == len(self._lines):
            self._lines.append([])
        if len(self._lines) > HEIGHT:
            self._settled.append(_text(self._lines.pop(0)))
            self._row -= 1

    def _command(self, command: str, parameters: str) -> None:
        first = parameters.split(";", maxsplit=1)[0]
        number = int(first[:5]) if first.isdecimal() else 0
        if command in "AF":
            self._row = max(0, self._row - max(1, number))
        elif command in "BE":
            self._row = min(len(self._lines) - 1, self._row + max(1, number))
        elif command == "C":
            self._column = min(WIDEST, self._column + max(1, number))
        elif command == "D":
            self._column = max(0, self._column - max(1, number))
        elif command == "G":
            self._column = min(WIDEST, max(1, number) - 1)
        elif command == "K":
            self._erase_in_line(number)
        elif command == "J":
            self._erase_below(number)
        if command in "EF":
            self._column = 0

    def _erase_in_line(self, what: int) -> None:
        line = self._lines[self._row]
        if what == 0:
            del line[self._column :]
        elif what == 1:
            line[: self._column + 1] = " " * min(len(line), self._column + 1)
        else:
            line.clear()

    def _erase_below(self, what: int) -> None:
        if what == 0:
            self._erase_in_line(0)
            del self._lines[self._row + 1 :]
        elif what in (2, 3):  # the screen is cleared: what it showed is kept above
            self._settled += self.live()
            self._lines, self._row, self._column = [[]], 0, 0


def _text(line: list[str]) -> str:
    return "".join(line).rstrip()


def _cells(run: str, line: list[str], start: int) -> list[str]:
    """Return a run as columns; marks and joined emoji go to the character that they belong to, even in *line*."""
    cells: list[str] = []
    for character in run:
        before = cells or line[:start]
        last = len(before) - 1
        while last >= 0 and not before[last]:
            last -= 1
        if last >= 0 and _belongs(character, before[last]):
            target = cells or line
            target[last] += character
        else:
            cells.append(character)
            if unicodedata.east_asian_width(character) in "WF":
                cells.append("")
    return cells


def _belongs(character: str, before: str) -> bool:
    """Tell whether *character* makes one sign with what stands *before* it."""
    if before[-1] == _JOINER or character == _JOINER:
        return before != " "
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me"):
        return True
    if "\U0001f3fb" <= character <= "\U0001f3ff":  # a skin colour
        return unicodedata.category(before[0]) == "So"
    return _is_flag_half(character) and len(before) == 1 and _is_flag_half(before)


def _is_flag_half(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
