"""A small terminal emulator that turns a program's output into lines of text as a terminal shows them.

Of a progress bar that returns to the start of its line or moves up, the last state stays; colours and titles are
removed; wide characters and emoji stay whole.
"""

from __future__ import annotations

import re
import unicodedata

HEIGHT = 100
"""Lines that the cursor can return to; those above are final."""
MAX_COLUMNS = 16_384
"""Columns of a line that are stored; text beyond them is dropped."""

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
    """Turns output, in pieces of any size, into lines."""

    def __init__(self) -> None:
        self._lines: list[list[str]] = [[]]  # one string per column; a wide character is followed by an empty one
        self._row = self._column = 0
        self._final: list[str] = []
        self._unfinished = ""

    def feed(self, text: str) -> None:
        """Process *text*; an escape sequence may be split between two calls."""
        text = self._unfinished + text
        cut = _UNFINISHED.search(text)
        self._unfinished = cut[0] if cut else ""
        end = cut.start() if cut else len(text)
        position = 0
        for match in _CONTROL.finditer(text, 0, end):
            if match.start() > position:
                self._put(text[position : match.start()])
            position = match.end()
            if match["single"]:
                self._control(match["single"])
            elif match["command"]:
                self._command(match["command"], match["parameters"])
        if position < end:
            self._put(text[position:end])

    def take_final(self) -> list[str]:
        """Return the lines that can no longer change and that were not returned before."""
        lines, self._final = self._final, []
        return lines

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
        del cells[max(0, MAX_COLUMNS - start) :]
        end = start + len(cells)
        if start < len(line) and cells:  # no half of a wide character may stay
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
            self._column = min(MAX_COLUMNS, self._column - self._column % _TAB + _TAB)

    def _down(self) -> None:
        self._row, self._column = self._row + 1, 0
        if self._row == len(self._lines):
            self._lines.append([])
        if len(self._lines) > HEIGHT:
            self._final.append(_text(self._lines.pop(0)))
            self._row -= 1

    def _command(self, command: str, parameters: str) -> None:
        first = parameters.split(";", maxsplit=1)[0]
        number = int(first[:5]) if first.isdecimal() else 0
        if command in "AF":
            self._row = max(0, self._row - max(1, number))
        elif command in "BE":
            self._row = min(len(self._lines) - 1, self._row + max(1, number))
        elif command == "C":
            self._column = min(MAX_COLUMNS, self._column + max(1, number))
        elif command == "D":
            self._column = max(0, self._column - max(1, number))
        elif command == "G":
            self._column = min(MAX_COLUMNS, max(1, number) - 1)
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
        elif what in (2, 3):  # the screen is cleared, but its lines stay in the transcript
            self._final += self.live()
            self._lines, self._row, self._column = [[]], 0, 0


def _text(line: list[str]) -> str:
    return "".join(line).rstrip()


def _cells(run: str, line: list[str], start: int) -> list[str]:
    """Return a run as columns; marks and joined emoji are added to their base character, even in *line*."""
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
    """Return whether *character* combines with the text *before* it."""
    if before[-1] == _JOINER or character == _JOINER:
        return before != " "
    if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me"):
        return True
    if "\U0001f3fb" <= character <= "\U0001f3ff":  # a skin tone
        return unicodedata.category(before[0]) == "So"
    return _is_flag_half(character) and len(before) == 1 and _is_flag_half(before)


def _is_flag_half(character: str) -> bool:
    return "\U0001f1e6" <= character <= "\U0001f1ff"
