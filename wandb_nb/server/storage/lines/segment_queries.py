"""Rows of a run's history by number, by step and by shape. Only the segments that have them are read."""

from __future__ import annotations

import heapq
from bisect import bisect_left
from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import and_, func, select

from wandb_nb.server.storage.lines.segment_store import iter_segments, load_segments
from wandb_nb.server.storage.tables import segment_shapes, segments

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Connection

    from wandb_nb.server.storage.lines.row_segment import RowSegment


_BATCH = 1_000


class StepRange(NamedTuple):
    """Steps from *low* to *high*, both included."""

    low: int
    high: int


class Span(NamedTuple):
    """A segment that has rows of some shapes: its first number, these shapes' places, and how many rows they are."""

    first: int
    places: frozenset[int]
    length: int
    is_partial: bool
    """Whether the segment also has steps that are not wanted; then *length* is an upper limit."""

    def positions(self, segment: RowSegment, steps: StepRange | None) -> Sequence[int]:
        """Return which rows of *segment*, the one of this span, are wanted."""
        positions: Sequence[int] = range(segment.length)
        if self.length < segment.length:
            positions = [position for position in positions if segment.shapes[position] in self.places]
        if self.is_partial and steps is not None:
            return [position for position in positions if steps.low <= segment.steps[position] <= steps.high]
        return positions


def texts_from(connection: Connection, run: int, number: int, limit: int) -> Iterator[str]:
    """Yield at most *limit* rows from *number* on, in the order of numbers."""
    for first, segment in iter_segments(connection, run, number):
        texts = segment.texts(range(max(0, number - first), min(segment.length, max(0, number - first) + limit)))
        limit -= len(texts)
        yield from texts
        if limit <= 0:
            return


def last_texts(connection: Connection, run: int, limit: int) -> list[str]:
    """Return the last *limit* rows, oldest first."""
    texts: list[str] = []
    for _, segment in iter_segments(connection, run, 0, newest_first=True):
        positions = range(max(0, segment.length - (limit - len(texts))), segment.length)
        texts = segment.texts(positions) + texts
        if len(texts) >= limit:
            break
    return texts


def texts_at(connection: Connection, run: int, numbers: Sequence[int]) -> Iterator[str]:
    """Yield the rows with these *numbers*, which ascend, as far as there are any."""
    query = select(segments.c.first, segments.c.length).where(segments.c.run_id == run).order_by(segments.c.first)
    wanted: dict[int, list[int]] = {}
    for first, length in connection.execute(query):
        low, high = bisect_left(numbers, first), bisect_left(numbers, first + length)
        if low < high:
            wanted[first] = [number - first for number in numbers[low:high]]
    for first, segment in load_segments(connection, run, list(wanted)):
        yield from segment.texts(wanted[first])


def texts_between_steps(connection: Connection, run: int, low: int, end: int) -> Iterator[str]:
    """Yield the rows with *low* <= step < *end*, in the order of steps; those of one step in the order of numbers."""
    columns = (segments.c.first, segments.c.min_step)
    conditions = (segments.c.run_id == run, segments.c.min_step < end, segments.c.max_step >= low)
    places = connection.execute(select(*columns).where(*conditions).order_by(segments.c.min_step, segments.c.first))
    waiting: list[tuple[int, int, str]] = []
    for start, min_step in places.all():
        while waiting and waiting[0][0] < min_step:
            yield heapq.heappop(waiting)[2]
        for first, segment in load_segments(connection, run, [start]):
            positions = [position for position, step in enumerate(segment.steps) if low <= step < end]
            for position, text in zip(positions, segment.texts(positions), strict=True):
                heapq.heappush(waiting, (segment.steps[position], first + position, text))
    while waiting:
        yield heapq.heappop(waiting)[2]


def find_spans(
    connection: Connection, run: int, shape_ids: Sequence[int] | None, steps: StepRange | None
) -> list[Span]:
    """Return the segments with rows of these shapes, None for any, and of *steps*, None for any, by number."""
    columns = (segment_shapes.c.first, segment_shapes.c.place, segment_shapes.c.length)
    query = select(*columns).where(segment_shapes.c.run_id == run).order_by(segment_shapes.c.first)
    if shape_ids is not None:
        is_one = len(shape_ids) == 1  # a range of the index, not several that are sorted
        shape_id = segment_shapes.c.shape_id
        query = query.where(shape_id == shape_ids[0] if is_one else shape_id.in_(shape_ids))
    whole: set[int] | None = None
    if steps is not None:
        own = and_(segments.c.run_id == segment_shapes.c.run_id, segments.c.first == segment_shapes.c.first)
        overlap = and_(segments.c.min_step <= steps.high, segments.c.max_step >= steps.low)
        query = query.join(segments, own).where(overlap)
        inside = and_(segments.c.min_step >= steps.low, segments.c.max_step <= steps.high, segments.c.run_id == run)
        whole = set(connection.execute(select(segments.c.first).where(inside)).scalars())
    parts = connection.execute(query).partitions(_BATCH)  # so that few rows are in memory together
    return _join_spans((entry for part in parts for entry in part), whole)


def exact_spans(connection: Connection, run: int, spans: Sequence[Span], steps: StepRange | None) -> list[Span]:
    """Return *spans* with the exact number of their rows, without those that have none."""
    partial = {span.first: span for span in spans if span.is_partial}
    if not partial:
        return list(spans)
    lengths = {
        first: len(partial[first].positions(segment, steps))
        for first, segment in load_segments(connection, run, list(partial))
    }
    exact = [span._replace(length=lengths.get(span.first, span.length)) for span in spans]
    return [span for span in exact if span.length]


def _join_spans(entries: Iterable[Any], whole: set[int] | None) -> list[Span]:
    """Return the spans of *entries*, which have one line per segment and shape; without *whole* none is partial."""
    spans: list[Span] = []
    further: dict[int, list[tuple[int, int]]] = {}  # of segments with several shapes, which are few in most runs
    alone: dict[int, frozenset[int]] = {}  # shared by all segments with one shape
    for first, place, length in entries:
        if spans and spans[-1].first == first:
            further.setdefault(len(spans) - 1, []).append((place, length))
        else:
            places = alone.get(place) or alone.setdefault(place, frozenset([place]))
            spans.append(Span(first, places, length, whole is not None and first not in whole))
    for index, others in further.items():
        span = spans[index]
        added = [place for place, _ in others], sum(length for _, length in others)
        spans[index] = span._replace(places=span.places.union(added[0]), length=span.length + added[1])
    return spans


def last_rows_of_shapes(connection: Connection, run: int) -> Iterator[str]:
    """Yield the last row of each shape, in the order of numbers."""
    shape = segment_shapes.c
    newest = select(shape.shape_id, func.max(shape.first).label("first")).where(shape.run_id == run)
    newest_of_shape = newest.group_by(shape.shape_id).subquery()
    own = and_(newest_of_shape.c.shape_id == shape.shape_id, newest_of_shape.c.first == shape.first)
    query = select(shape.first, shape.place).join(newest_of_shape, own).where(shape.run_id == run).order_by(shape.first)
    places = {
        first: {entry.place for entry in entries}
        for first, entries in groupby(connection.execute(query), lambda entry: entry.first)
    }
    for first, segment in load_segments(connection, run, list(places)):
        last = {place: position for position, place in enumerate(segment.shapes) if place in places[first]}
        yield from segment.texts(sorted(last.values()))
