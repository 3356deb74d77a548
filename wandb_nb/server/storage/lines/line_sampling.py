"""Evenly spaced samples of a run's lines. Only the lines that are returned are read."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from wandb_nb.server.storage.lines.line_store import HISTORY, MAX_READ_BYTES, bounded_texts, count, lines_from
from wandb_nb.server.storage.lines.row_shapes import load_shapes, shape_has_key
from wandb_nb.server.storage.lines.segment_queries import StepRange, exact_spans, find_spans, texts_at, texts_from
from wandb_nb.server.storage.lines.segment_store import load_segments
from wandb_nb.server.storage.tables import lines
from wandb_nb.untrusted_json import load_objects
from wandb_nb.values import evenly_spaced, is_finite

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from wandb_nb.server.storage.lines.row_segment import RowSegment
    from wandb_nb.server.storage.lines.segment_queries import Span

_MAX_STEP = 2**63 - 1
_ORDER_KEYS = frozenset(["_writer", "_attempt", "_step"])
_MAX_NAMES_LENGTH = 1_000_000
_MAX_SAMPLED_SHAPES = 16
_MAX_SHAPES = 500  # of a run whose rows are sampled by shape
_MAX_SAMPLED_VALUES = 2_000_000


def sample_lines(connection: Connection, run: int, stream: str, limit: int) -> list[str]:
    """Return the lines of *stream*, or *limit* of them, evenly spaced and including the last one.

    Raises:
        TooLargeError: They are too long to return together.

    """
    if limit < 1:
        return []
    total = count(connection, run, stream)
    numbers = evenly_spaced(0, total - 1, limit) if total > limit else None
    if stream == HISTORY:
        texts = texts_from(connection, run, 0, limit) if numbers is None else texts_at(connection, run, numbers)
        return bounded_texts(texts)
    query = select(lines.c.text).where(lines.c.run_id == run, lines.c.stream == stream)
    if numbers is not None:
        query = query.where(lines.c.number.in_(numbers))
    return bounded_texts(connection.execute(query.order_by(lines.c.number)).scalars())


def sample_rows(  # noqa: PLR0917 -- the parts of one query
    connection: Connection,
    run: int,
    keys: Sequence[str],
    limit: int,
    first: int | None,
    last: int | None,
    optional: Sequence[str] = (),
) -> list[dict[str, Any]]:
    """Return *keys* of the rows that have all of them: of all such rows, or of about *limit*, evenly spaced.

    *first* and *last* bound the step, both included. Many keys, and long rows, give fewer rows. The keys that are
    *optional* are None where a row lacks them.
    """
    required = [key for key in dict.fromkeys(keys) if key != "_step"]
    shape_ids = [
        shape_id
        for shape, shape_id in load_shapes(connection, run).items()
        if all(shape_has_key(shape, key) for key in required)
    ]
    if not shape_ids or limit < 1:
        return []
    limit = max(1, min(limit, _MAX_SAMPLED_VALUES // max(1, len(keys))))
    wanted = [*keys, *optional]
    rows = _sample_shapes(connection, run, shape_ids, limit, _step_range(first, last), _names_of(wanted))
    return [_select_keys(row, wanted) for row in in_step_order(load_objects(list(rows.values())))]


def _names_of(keys: Sequence[str]) -> frozenset[str] | None:
    """Return the names that rows may have for *keys*, whose parts are separated by dots, and for their order.

    None if all these names would be too long: keys of others may consist of dots.
    """
    if sum(len(key) * key.count(".") for key in keys) > _MAX_NAMES_LENGTH:
        return None
    parts = [key.split(".") for key in keys]
    return frozenset([".".join(names[:end]) for names in parts for end in range(1, len(names) + 1)]) | _ORDER_KEYS


def _step_range(first: int | None, last: int | None) -> StepRange | None:
    if first is None and last is None:
        return None
    return StepRange(-_MAX_STEP if first is None else first, _MAX_STEP if last is None else last)


def in_step_order(rows: Sequence[dict[str, Any]]) -> Sequence[dict[str, Any]]:
    """Return history *rows* by attempt and step if several processes logged them: those arrive by process."""
    if not any("_writer" in row for row in rows):
        return rows
    return sorted(rows, key=lambda row: (_number_at(row, "_attempt"), _number_at(row, "_step")))


def _number_at(row: dict[str, Any], key: str) -> float:
    value = row.get(key)
    return value if is_finite(value) else 0.0


def sample_history(
    connection: Connection, run: int, limit: int, steps: tuple[int, int] | None = None
) -> tuple[list[str], int]:
    """Return rows that show the course of every key, in their order, and how many rows there are.

    All rows, or about *limit* of each shape, evenly spaced. A run with many shapes gives fewer of each, one with very
    many a sample of all its rows. Long rows give fewer. *steps* are the first and the last step of the rows, if there
    are more than *limit*.
    """
    total = count(connection, run, HISTORY)
    shape_ids = list(load_shapes(connection, run).values())
    share = max(2, min(limit, limit * _MAX_SAMPLED_SHAPES // max(1, len(shape_ids))))
    if total <= share:
        return lines_from(connection, run, HISTORY, 0, share), total
    between = None if steps is None else StepRange(*steps)
    if len(shape_ids) > _MAX_SHAPES:
        return list(_sample_shapes(connection, run, None, limit, between).values()), total
    rows: dict[int, str] = {}
    for shape_id in shape_ids:
        if sum(map(len, rows.values())) > MAX_READ_BYTES:
            break
        rows |= _sample_shapes(connection, run, [shape_id], share, between)
    return [rows[number] for number in sorted(rows)], total


def _sample_shapes(  # noqa: PLR0917 -- the parts of one query
    connection: Connection,
    run: int,
    shape_ids: Sequence[int] | None,
    limit: int,
    steps: StepRange | None,
    keys: frozenset[str] | None = None,
) -> dict[int, str]:
    """Return the rows of these shapes, None for any, by number: all, or the first of *limit* even shares.

    With *keys* they may be without their other ones.
    """
    spans = exact_spans(connection, run, find_spans(connection, run, shape_ids, steps), steps)
    if not spans:
        return {}
    reader = _SpanReader(connection, run, spans, steps, keys)
    if sum(span.length for span in spans) <= limit:
        return reader.rows(dict.fromkeys(range(len(spans))))
    targets = evenly_spaced(reader.first_number(), reader.last_number(), limit)
    firsts = [span.first for span in spans]
    wanted: dict[int, list[int]] = {}
    for target in targets:
        wanted.setdefault(max(0, bisect_right(firsts, target) - 1), []).append(target)
    return reader.rows(wanted)


class _SpanReader:
    """Reads rows of *spans*, up to about `MAX_READ_BYTES` in all."""

    def __init__(
        self,
        connection: Connection,
        run: int,
        spans: Sequence[Span],
        steps: StepRange | None,
        keys: frozenset[str] | None,
    ) -> None:
        self._connection, self._run, self._spans, self._steps, self._keys = connection, run, spans, steps, keys
        self._left = MAX_READ_BYTES

    def first_number(self) -> int:
        """Return the number of the first row."""
        return next(self._segments([0]))[2][0]

    def last_number(self) -> int:
        """Return the number of the last row."""
        return next(self._segments([len(self._spans) - 1]))[2][-1]

    def rows(self, wanted: Mapping[int, Sequence[int] | None]) -> dict[int, str]:
        """Return the first row at or after each of the numbers that *wanted* has by span, or all rows of a span."""
        rows: dict[int, str] = {}
        missed: dict[int, list[int]] = {}
        for at, segment, numbers in self._segments(sorted(wanted)):
            targets, first = wanted[at], self._spans[at].first
            places = [_place(numbers, target) for target in targets or ()]
            chosen = numbers if targets is None else [numbers[place] for place in places if place < len(numbers)]
            if targets is not None and len(chosen) < len(targets):
                missed[at + 1] = list(targets[len(chosen) :])
            chosen = list(dict.fromkeys(chosen))
            texts = segment.texts([number - first for number in chosen], self._keys)
            rows |= zip(chosen, texts, strict=True)
            self._left -= sum(map(len, texts))
            if self._left < 0:
                return rows
        return dict(sorted((rows | self.rows(missed)).items())) if missed else rows

    def _segments(self, indexes: Sequence[int]) -> Iterator[tuple[int, RowSegment, Sequence[int]]]:
        """Yield the spans with these *indexes*: each with its segment and the numbers of its wanted rows."""
        loaded = load_segments(self._connection, self._run, [self._spans[at].first for at in indexes])
        for at, (first, segment) in zip(indexes, loaded, strict=True):
            positions = self._spans[at].positions(segment, self._steps)
            is_all = isinstance(positions, range)
            numbers = range(first, first + len(positions)) if is_all else [first + position for position in positions]
            yield at, segment, numbers


def _place(numbers: Sequence[int], target: int) -> int:
    """Return the place of the first of *numbers* from *target* on; mostly they are a range."""
    return max(0, target - numbers.start) if isinstance(numbers, range) else bisect_left(numbers, target)


def _select_keys(row: dict[str, Any], keys: Sequence[str]) -> dict[str, Any]:
    """Return the values of *keys* in *row*; a dotted key that *row* does not have is a path into objects."""
    selected: dict[str, Any] = {}
    for key in keys:
        if key in row:
            selected[key] = row[key]
            continue
        value: Any = row
        for part in key.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        selected[key] = value
    return selected
