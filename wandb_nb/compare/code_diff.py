"""Differences in code: between the cells of two notebook sessions, and between the source files of two scripts."""

from __future__ import annotations

import re
import time
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher, unified_diff
from itertools import accumulate, islice
from typing import TYPE_CHECKING, Literal, TypedDict, TypeVar

from wandb_nb.formatting import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wandb_nb.store.reading.executed_cells import Cell

T = TypeVar("T")

MAX_CHANGES, MAX_LINES = 60, 300
MAX_SOURCE = 200_000  # characters; comparing longer ones line by line takes too long
MAX_LINE_LENGTH = 500
MAX_CODE = 16_000  # characters in a message
_MIN_SIMILARITY = 0.4  # cells at least this similar count as one that was changed
_CELL_CONTEXT, _FILE_CONTEXT = 12, 3
_MAX_CLOCK_SKEW_SECONDS = 0.001
_MAX_PAIRS, _MIN_CANDIDATES = 40_000, 8  # of cells whose similarity is computed
_MAX_LINE_PAIRS = 100_000
_MAX_SECONDS = 10.0
_MIN_LONG_TEXT = 200  # lines
_WORD = re.compile(r"\w+|[^\w\s]")


class CodeChangeHeader(TypedDict):
    """One changed piece of code in a comparison's message."""

    title: str
    change: Literal["changed", "added", "removed"]
    lines: list[str]


@dataclass(frozen=True)
class CodeChange:
    """One cell or file that differs between two runs.

    *lines* begin with " " (in both), "-" (in the first only), "+" (in the second only), or "@" for a gap.
    """

    title: str
    change: Literal["changed", "added", "removed"]
    lines: list[str]

    def header(self) -> CodeChangeHeader:
        """Return the change as a message carries it, each line without control characters."""
        lines = [line[:1] + clean(line[1:].expandtabs(4), MAX_LINE_LENGTH) for line in self.lines[:MAX_LINES]]
        if len(self.lines) > MAX_LINES:
            lines.append(f"@ {len(self.lines) - MAX_LINES} more lines")
        return {"title": clean(self.title, 200), "change": self.change, "lines": lines}


def code_headers(changes: Iterable[CodeChange], room: int = MAX_CODE) -> list[CodeChangeHeader]:
    """Return *changes* as a message carries them: at most *room* characters, with a count of what is left out."""
    headers: list[CodeChangeHeader] = []
    pending = list(changes)
    for at, change in enumerate(pending, 1):
        header = change.header()
        ends = list(accumulate(len(line) + 4 for line in header["lines"]))
        lines = header["lines"][: bisect_right(ends, room)]
        room -= sum(len(line) + 4 for line in lines) + len(header["title"])
        if len(lines) < len(header["lines"]):
            lines.append(f"@ {len(header['lines']) - len(lines)} more lines, {len(pending) - at} more changes")
            return [*headers, {**header, "lines": lines}]
        headers.append({**header, "lines": lines})
    return headers


def cell_changes(first: Sequence[Cell], second: Sequence[Cell], starts: tuple[float, float]) -> list[CodeChange]:
    """Return the cells that differ between two sessions, in the order of execution.

    *starts* are the Unix times at which the two runs began. A journal holds the whole session. Cells from the one that
    began the run on are compared one by one. Of the cells before it, only those count that the other session never
    executed, each with the cell that it was probably edited from. A cell that was executed again unchanged counts once.
    """
    before_first, first_run = _split(first, starts[0])
    before_second, second_run = _split(second, starts[1])
    only_first, only_second = _missing_in(second, before_first), _missing_in(first, before_second)
    setup_first = only_first + _origins(only_second, before_first, only_first)
    setup_second = only_second + _origins(only_first, before_second, only_second)
    distinct_first, distinct_second = _distinct(setup_first + first_run), _distinct(setup_second + second_run)
    return list(islice(_changes(distinct_first, distinct_second), MAX_CHANGES))


def file_changes(first: Mapping[str, str], second: Mapping[str, str]) -> list[CodeChange]:
    """Return the files (path to text) that differ between two runs, sorted by path."""
    changes: list[CodeChange] = []
    end = time.monotonic() + _MAX_SECONDS
    for path in sorted({*first, *second}):
        before, after = first.get(path), second.get(path)
        if before == after or len(changes) >= MAX_CHANGES:
            continue
        if time.monotonic() > end:
            reason = "@ comparing the files takes too long; this one and those after it are left out"
            return [*changes, CodeChange(path, "changed", [reason])]
        kind: Literal["changed", "added", "removed"]
        kind = "added" if before is None else "removed" if after is None else "changed"
        changes.append(CodeChange(path, kind, _lines(before or "", after or "", _FILE_CONTEXT)))
    return changes


def _split(cells: Sequence[Cell], start: float) -> tuple[list[Cell], list[Cell]]:
    """Return the cells before the one that began the run, and the rest."""
    earlier = [at for at, cell in enumerate(cells) if (cell.started or 0.0) <= start + _MAX_CLOCK_SKEW_SECONDS]
    first = earlier[-1] if earlier else 0
    return list(cells[:first]), list(cells[first:])


def _missing_in(other: Sequence[Cell], cells: Sequence[Cell]) -> list[Cell]:
    """Return those of *cells* that the *other* session never executed."""
    sources = {cell.source for cell in other}
    return [cell for cell in cells if cell.source not in sources]


def _origins(new: Sequence[Cell], cells: Sequence[Cell], chosen: Sequence[Cell]) -> list[Cell]:
    """Return for each of *new* the most similar one of *cells*, unless one of *chosen* is similar already."""
    pool = [(cell, _words(cell)) for cell in cells if cell not in chosen]
    chosen_words = [_words(cell) for cell in chosen]
    origins = []
    for at, words in enumerate(map(_words, new)):
        nearest = max(_near(pool, at, len(new)), key=lambda pair: _similarity(pair[1], words), default=None)
        unmatched = (
            max((_similarity(other, words) for other in _near(chosen_words, at, len(new))), default=0.0)
            < _MIN_SIMILARITY
        )
        if nearest is not None and unmatched and _similarity(nearest[1], words) >= _MIN_SIMILARITY:
            pool.remove(nearest)
            origins.append(nearest[0])
    return origins


def _distinct(cells: Iterable[Cell]) -> list[Cell]:
    """Return the distinct cells that are not blank, in the order of execution."""
    by_source: dict[str, Cell] = {}
    for cell in sorted(cells, key=lambda cell: cell.number):
        by_source.setdefault(cell.source, cell)
    return [cell for cell in by_source.values() if cell.source.strip()]


def _changes(first: Sequence[Cell], second: Sequence[Cell]) -> Iterator[CodeChange]:
    matcher = SequenceMatcher(None, [cell.source for cell in first], [cell.source for cell in second], autojunk=False)
    for kind, a, a_end, b, b_end in matcher.get_opcodes():
        if kind != "equal":
            yield from _paired_changes(list(first[a:a_end]), list(second[b:b_end]))


def _paired_changes(first: list[Cell], second: list[Cell]) -> Iterator[CodeChange]:
    """Pair each cell of *second* with the most similar one of *first*; the others were added or removed."""
    left = [(cell, _words(cell)) for cell in first]
    for at, cell in enumerate(second):
        words = _words(cell)
        nearest = max(_near(left, at, len(second)), key=lambda pair: _similarity(pair[1], words), default=None)
        if nearest is not None and _similarity(nearest[1], words) >= _MIN_SIMILARITY:
            left.remove(nearest)
            old, new = nearest[0].number, cell.number
            title = f"cell [{new}]" if old == new else f"cell [{old}] → [{new}]"
            yield CodeChange(title, "changed", _lines(nearest[0].source, cell.source, _CELL_CONTEXT))
        else:
            yield CodeChange(f"cell [{cell.number}]", "added", _lines("", cell.source, 0))
    for cell, _ in left:
        yield CodeChange(f"cell [{cell.number}]", "removed", _lines(cell.source, "", 0))


def _near(candidates: Sequence[T], at: int, count: int) -> Sequence[T]:
    """Return those of *candidates* to compare with number *at* of *count* cells: all, or of many the nearest ones."""
    size = max(_MIN_CANDIDATES, _MAX_PAIRS // max(1, count))
    start = max(0, min(at - size // 2, len(candidates) - size))
    return candidates[start : start + size]


def _words(cell: Cell) -> Counter[str]:
    return Counter(_WORD.findall(cell.source[:MAX_SOURCE]))


def _similarity(one: Counter[str], other: Counter[str]) -> float:
    """Return the share of words that both have, from 0 to 1."""
    return 2 * (one & other).total() / max(1, one.total() + other.total())


def _lines(before: str, after: str, context: int) -> list[str]:
    if max(len(before), len(after)) > MAX_SOURCE:
        return [f"@ too long to compare: {len(before):,} and {len(after):,} characters"]
    if _count_equal_pairs(before.splitlines(), after.splitlines()) > _MAX_LINE_PAIRS:
        return ["@ too repetitive to compare: the same lines occur too often"]
    diff = list(unified_diff(before.splitlines(), after.splitlines(), n=context, lineterm=""))[2:]
    # The first gap mark is redundant if the comparison begins with the first line.
    lines = ["@ line " + line.split("+")[1].split(",")[0].split(" ")[0] if line[:2] == "@@" else line for line in diff]
    return lines[1:] if lines[:1] in (["@ line 1"], ["@ line 0"]) else lines


def _count_equal_pairs(before: Sequence[str], after: Sequence[str]) -> int:
    """Return how many pairs of equal lines there are, on which the time of a comparison depends.

    Lines that SequenceMatcher ignores, because they are more than 1 % of a long text, do not count.
    """
    counts = Counter(before)
    frequent = len(after) // 100 + 1 if len(after) >= _MIN_LONG_TEXT else len(after)
    return sum(counts[line] * count for line, count in Counter(after).items() if count <= frequent)
