"""Code side by side: the cells of two notebook sessions, the source files of two scripts."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from dataclasses import dataclass
from difflib import SequenceMatcher, unified_diff
from itertools import accumulate
from typing import TYPE_CHECKING, Literal, TypedDict

from wandb_nb.formatting import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from wandb_nb.store.reading.executed_cells import Cell

MOST_CHANGES, MOST_LINES = 60, 300
LONGEST_SOURCE = 200_000  # characters; comparing longer ones line by line takes too long
LONGEST_LINE = 500
MOST_CODE = 16_000  # characters in a message
_ALIKE = 0.4  # from this similarity on, two cells are one that was changed
_CELL_CONTEXT, _FILE_CONTEXT = 12, 3
_CLOCKS_DIFFER_BY_S = 0.001
_WORD = re.compile(r"\w+|[^\w\s]")


class CodeChangeHeader(TypedDict):
    """One changed piece of code in a comparison's message."""

    title: str
    change: Literal["changed", "added", "removed"]
    lines: list[str]


@dataclass(frozen=True)
class CodeChange:
    """One cell or file that two runs differ in.

    *lines* begin with " " (both have it), "-" (only the first), "+" (only the second), or "@" for a gap.
    """

    title: str
    change: Literal["changed", "added", "removed"]
    lines: list[str]

    def facts(self) -> CodeChangeHeader:
        """Return the change as a message has it, each line without what a terminal or page would obey."""
        lines = [line[:1] + clean(line[1:].expandtabs(4), LONGEST_LINE) for line in self.lines[:MOST_LINES]]
        if len(self.lines) > MOST_LINES:
            lines.append(f"@ {len(self.lines) - MOST_LINES} more lines")
        return {"title": clean(self.title, 200), "change": self.change, "lines": lines}


def change_facts(changes: Iterable[CodeChange], room: int = MOST_CODE) -> list[CodeChangeHeader]:
    """Return *changes* as a message has them, of *room* characters in all; what is left out is counted."""
    facts: list[CodeChangeHeader] = []
    found = list(changes)
    for at, change in enumerate(found):
        one = change.facts()
        ends = list(accumulate(len(line) + 4 for line in one["lines"]))
        kept = one["lines"][: bisect_right(ends, room)]
        room -= sum(len(line) + 4 for line in kept) + len(one["title"])
        if len(kept) < len(one["lines"]):
            kept.append(f"@ {len(one['lines']) - len(kept)} more lines, {len(found) - at - 1} more changes")
            return [*facts, {**one, "lines": kept}]
        facts.append({**one, "lines": kept})
    return facts


def cell_changes(first: Sequence[Cell], second: Sequence[Cell], starts: tuple[float, float]) -> list[CodeChange]:
    """Return the cells in which two sessions differ, in the order of execution.

    *starts* are the unix times at which the two runs began. A journal tells the whole session: what stands in it from
    the cell that began the run on is compared cell by cell; of the cells before only those that the other session
    never executed, each with the cell that it seems to have been made from. A cell executed again unchanged counts
    once.
    """
    (before, during), (before_too, during_too) = (
        _split(cells, start) for cells, start in zip((first, second), starts, strict=True)
    )
    ours, theirs = _unknown(before, second), _unknown(before_too, first)
    ours, theirs = ours + _origins(theirs, before, ours), theirs + _origins(ours, before_too, theirs)
    return list(_aligned(_ordered(ours + during), _ordered(theirs + during_too)))[:MOST_CHANGES]


def file_changes(first: Mapping[str, str], second: Mapping[str, str]) -> list[CodeChange]:
    """Return the files, path to text, in which two runs differ, sorted by path."""
    changes = []
    for path in sorted({*first, *second}):
        before, after = first.get(path), second.get(path)
        if before == after:
            continue
        kind: Literal["changed", "added", "removed"]
        kind = "added" if before is None else "removed" if after is None else "changed"
        changes.append(CodeChange(path, kind, _lines(before or "", after or "", _FILE_CONTEXT)))
    return changes[:MOST_CHANGES]


def _split(cells: Sequence[Cell], start: float) -> tuple[list[Cell], list[Cell]]:
    """Return the cells before the one that began the run, and those from it on."""
    begun = [at for at, cell in enumerate(cells) if (cell.started or 0.0) <= start + _CLOCKS_DIFFER_BY_S]
    during = begun[-1] if begun else 0
    return list(cells[:during]), list(cells[during:])


def _unknown(cells: Sequence[Cell], other: Sequence[Cell]) -> list[Cell]:
    """Return the cells that the *other* session never executed."""
    known = {cell.source for cell in other}
    return [cell for cell in cells if cell.source not in known]


def _origins(new: Sequence[Cell], cells: Sequence[Cell], kept: Sequence[Cell]) -> list[Cell]:
    """Return for each of *new*, unless one of *kept* is like it, the one of *cells* that is most like it."""
    pool = [(cell, _words(cell)) for cell in cells if cell not in kept]
    rest = [_words(cell) for cell in kept]
    found = []
    for words in map(_words, new):
        like = max(pool, key=lambda pair: _likeness(pair[1], words), default=None)
        alone = max((_likeness(own, words) for own in rest), default=0.0) < _ALIKE
        if like is not None and alone and _likeness(like[1], words) >= _ALIKE:
            pool.remove(like)
            found.append(like[0])
    return found


def _ordered(cells: Iterable[Cell]) -> list[Cell]:
    """Return the distinct cells that hold anything, as they were executed."""
    distinct: dict[str, Cell] = {}
    for cell in sorted(cells, key=lambda cell: cell.number):
        distinct.setdefault(cell.source, cell)
    return [cell for cell in distinct.values() if cell.source.strip()]


def _aligned(first: Sequence[Cell], second: Sequence[Cell]) -> Iterator[CodeChange]:
    matcher = SequenceMatcher(None, [cell.source for cell in first], [cell.source for cell in second], autojunk=False)
    for kind, a, a_end, b, b_end in matcher.get_opcodes():
        if kind != "equal":
            yield from _paired(list(first[a:a_end]), list(second[b:b_end]))


def _paired(first: list[Cell], second: list[Cell]) -> Iterator[CodeChange]:
    """Pair each cell of *second* with the one of *first* that is most like it; the others came or went."""
    left = [(cell, _words(cell)) for cell in first]
    for cell in second:
        words = _words(cell)
        found = max(left, key=lambda pair: _likeness(pair[1], words), default=None)
        if found is not None and _likeness(found[1], words) >= _ALIKE:
            left.remove(found)
            old, new = found[0].number, cell.number
            title = f"cell [{new}]" if old == new else f"cell [{old}] → [{new}]"
            yield CodeChange(title, "changed", _lines(found[0].source, cell.source, _CELL_CONTEXT))
        else:
            yield CodeChange(f"cell [{cell.number}]", "added", _lines("", cell.source, 0))
    for cell, _ in left:
        yield CodeChange(f"cell [{cell.number}]", "removed", _lines(cell.source, "", 0))


def _words(cell: Cell) -> Counter[str]:
    return Counter(_WORD.findall(cell.source[:LONGEST_SOURCE]))


def _likeness(one: Counter[str], other: Counter[str]) -> float:
    """Return 0 to 1: the share of words that both have."""
    return 2 * (one & other).total() / max(1, one.total() + other.total())


def _lines(before: str, after: str, context: int) -> list[str]:
    if max(len(before), len(after)) > LONGEST_SOURCE:
        return [f"@ too long to compare: {len(before):,} and {len(after):,} characters"]
    found = list(unified_diff(before.splitlines(), after.splitlines(), n=context, lineterm=""))[2:]
    # The first gap mark says nothing where the comparison begins with the first line.
    lines = ["@ line " + line.split("+")[1].split(",")[0].split(" ")[0] if line[:2] == "@@" else line for line in found]
    return lines[1:] if lines[:1] in (["@ line 1"], ["@ line 0"]) else lines
