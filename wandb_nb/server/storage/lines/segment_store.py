"""Segments of runs in the database: rows are added, replaced and removed by their numbers.

A segment has rows of one chunk of numbers only. Rows that arrive one by one are segments of their own until the chunk
is complete, which then becomes one segment.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import bindparam, delete, func, insert, select

from wandb_nb.server.storage.lines.history_rows import parse_rows
from wandb_nb.server.storage.lines.row_segment import RowSegment, encode_rows
from wandb_nb.server.storage.lines.row_shapes import NULL, ids_of_shapes
from wandb_nb.server.storage.tables import segment_shapes, segments

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from sqlalchemy import Connection

    from wandb_nb.server.storage.lines.history_rows import HistoryRow
    from wandb_nb.server.storage.lines.row_segment import EncodedRows

CHUNK_ROWS = 256
"""How many numbers are one chunk: numbers with the same quotient."""

_MAX_CHARACTERS = 1 << 20  # of the rows of one segment, so that reading one row never costs more
_BATCH = 32


class NewRows(NamedTuple):
    """Lines from number *first* on, checked and encoded, for which no other writer has to wait.

    *head* has the rows of the first chunk, if these are only a part of it.
    """

    first: int
    texts: Sequence[str]
    encoded: list[tuple[int, EncodedRows]]
    head: Sequence[HistoryRow] = ()

    @property
    def has_nulls(self) -> bool:
        """Whether a value of a row is null."""
        return any(kind == NULL for _, part in self.encoded for shape in part.shapes for _, kind in shape)


def prepare_rows(first: int, texts: Sequence[str]) -> NewRows:
    """Return the rows of *texts*, whose numbers count from *first*.

    Raises:
        BadLineError: A text is not a JSON object.

    """
    encoded: list[tuple[int, EncodedRows]] = []
    head: Sequence[HistoryRow] = ()
    start, end = first, first + len(texts)
    while start < end:
        stop = min(end, _chunk_start(start) + CHUNK_ROWS)
        rows = parse_rows(texts[start - first : stop - first], start)
        encoded += _encode_chunk(start, rows)
        head = rows if start == first and len(rows) < CHUNK_ROWS else head
        start = stop
    return NewRows(first, texts, encoded, head)


def add_rows(connection: Connection, run: int, new: NewRows) -> bool:
    """Store *new* rows of *run*; return whether any of their numbers had a row before, which is replaced."""
    if not new.texts:
        return False
    start, end = _chunk_start(new.first), new.first + len(new.texts)
    count, stored_end = connection.execute(_COUNT_AND_END, _range(run, start, end)).one()
    if stored_end is not None and stored_end > new.first:
        return _replace_rows(connection, run, new)
    is_completed = bool(count) and count + len(new.head) == CHUNK_ROWS
    _insert(connection, run, _complete_chunk(connection, run, new) if is_completed else new.encoded)
    return False


def _complete_chunk(connection: Connection, run: int, new: NewRows) -> list[tuple[int, EncodedRows]]:
    """Return *new* rows with all other rows of their first chunk, which are deleted."""
    start = _chunk_start(new.first)
    rows = {**_load_rows(connection, run, start, new.first), **dict(enumerate(new.head, new.first))}
    _delete(connection, run, start, new.first)
    return _encode(rows) + [part for part in new.encoded if part[0] >= start + CHUNK_ROWS]


def merge_last_rows(connection: Connection, run: int) -> None:
    """Make one segment of the newest rows of *run*, to which nothing will be added."""
    end = rows_end(connection, run)
    start = _chunk_start(max(0, end - 1))
    query = select(func.count()).select_from(segments).where(*_between(segments))
    if connection.execute(query, _range(run, start, end)).scalar_one() > 1:
        _rewrite(connection, run, start, end, has_ended=True)


def rows_end(connection: Connection, run: int) -> int:
    """Return the number that follows the highest one of the rows of *run*."""
    query = select(segments.c.first + segments.c.length).where(segments.c.run_id == run)
    return connection.execute(query.order_by(segments.c.first.desc()).limit(1)).scalar() or 0


def remove_from(connection: Connection, run: int, number: int) -> None:
    """Delete the rows of *run* from *number* on."""
    start = _chunk_start(number)
    rows = _load_rows(connection, run, start, number)
    for table in (segments, segment_shapes):
        connection.execute(delete(table).where(table.c.run_id == run, table.c.first >= start))
    _insert(connection, run, _encode({key: row for key, row in rows.items() if key < number}))


def remove_all(connection: Connection, run: int) -> None:
    """Delete the rows of *run*."""
    for table in (segments, segment_shapes):
        connection.execute(delete(table).where(table.c.run_id == run))


def load_segments(connection: Connection, run: int, firsts: Sequence[int]) -> Iterator[tuple[int, RowSegment]]:
    """Yield the segments of *run* that begin with the rows *firsts*, which ascend, a few at a time."""
    for at in range(0, len(firsts), _BATCH):
        parameters = {"of_run": run, "firsts": firsts[at : at + _BATCH]}
        for first, data, length in connection.execute(_SEGMENTS_AT, parameters).all():
            yield first, RowSegment(data, length)


def iter_segments(connection: Connection, run: int, number: int, *, newest_first: bool = False) -> Iterator[Any]:
    """Yield number and content of the segments of *run* with rows from *number* on, a few at a time."""
    first = segments.c.first
    query = select(first, segments.c.data, segments.c.length)
    query = query.where(segments.c.run_id == run, first >= _chunk_start(number), first + segments.c.length > number)
    query = query.order_by(first.desc() if newest_first else first).limit(_BATCH)
    batch: Sequence[Any] = connection.execute(query).all()
    while batch:
        for start, data, length in batch:
            yield start, RowSegment(data, length)
        after = first < batch[-1].first if newest_first else first > batch[-1].first
        batch = connection.execute(query.where(after)).all() if len(batch) == _BATCH else ()


def _replace_rows(connection: Connection, run: int, new: NewRows) -> bool:
    start, stop = _chunk_start(new.first), _chunk_start(new.first + len(new.texts) - 1) + CHUNK_ROWS
    rows = _load_rows(connection, run, start, stop)
    added = dict(enumerate(parse_rows(new.texts, new.first), new.first))
    _delete(connection, run, start, stop)
    _insert(connection, run, _encode({**rows, **added}))
    return not rows.keys().isdisjoint(added)


def _rewrite(connection: Connection, run: int, start: int, stop: int, *, has_ended: bool = False) -> None:
    """Join the segments of the chunk from *start* to before *stop*, as far as they are not too long."""
    rows = _load_rows(connection, run, start, stop)
    _delete(connection, run, start, stop)
    _insert(connection, run, _encode(rows, has_ended=has_ended))


def _load_rows(connection: Connection, run: int, start: int, stop: int) -> dict[int, HistoryRow]:
    """Return the rows of the segments that begin in this range, by their numbers."""
    rows: dict[int, HistoryRow] = {}
    for first, data, length in connection.execute(_SEGMENTS, _range(run, start, stop)).all():
        rows |= enumerate(parse_rows(RowSegment(data, length).texts(), first), first)
    return rows


def _encode(rows: Mapping[int, HistoryRow], *, has_ended: bool = False) -> list[tuple[int, EncodedRows]]:
    """Return the segments of *rows*, by their numbers."""
    encoded: list[tuple[int, EncodedRows]] = []
    for _, group in groupby(enumerate(sorted(rows)), lambda pair: (pair[1] - pair[0], pair[1] // CHUNK_ROWS)):
        numbers = [number for _, number in group]
        encoded += _encode_chunk(numbers[0], [rows[number] for number in numbers], has_ended=has_ended)
    return encoded


def _encode_chunk(
    first: int, rows: Sequence[HistoryRow], *, has_ended: bool = False
) -> Iterator[tuple[int, EncodedRows]]:
    """Yield the segments of *rows*, which follow each other in one chunk: one, or several if they are long.

    An incomplete chunk is stored as it comes, since it will be written again, unless its run has ended.
    """
    is_final = has_ended or len(rows) == CHUNK_ROWS
    for start, end in _short_parts([len(row.text) for row in rows]):
        yield first + start, encode_rows(rows[start:end], is_final=is_final)


def _short_parts(sizes: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield begin and end of parts of at most about `_MAX_CHARACTERS`."""
    start = 0
    while start < len(sizes):
        total, end = sizes[start], start + 1
        while end < len(sizes) and total + sizes[end] <= _MAX_CHARACTERS:
            total, end = total + sizes[end], end + 1
        yield start, end
        start = end


def _insert(connection: Connection, run: int, encoded: Sequence[tuple[int, EncodedRows]]) -> None:
    if not encoded:
        return
    shape_ids = ids_of_shapes(connection, run, {shape: None for _, part in encoded for shape in part.shapes})
    rows, shape_rows = [], []
    for first, part in encoded:
        values = {"length": part.length, "min_step": part.min_step, "max_step": part.max_step, "data": part.data}
        rows.append({"run_id": run, "first": first, **values})
        for place, (shape, length) in enumerate(part.shapes.items()):
            values = {"place": place, "shape_id": shape_ids[shape], "length": length}
            shape_rows.append({"run_id": run, "first": first, **values})
    connection.execute(_INSERT_SEGMENTS, rows)
    connection.execute(_INSERT_SHAPES, shape_rows)


def _delete(connection: Connection, run: int, start: int, stop: int) -> None:
    for statement in _DELETE:
        connection.execute(statement, _range(run, start, stop))


def _between(table: Any) -> tuple[Any, ...]:
    """Return the conditions that select the rows of *table* in a `_range`."""
    first = table.c.first
    return table.c.run_id == bindparam("of_run"), first >= bindparam("start"), first < bindparam("stop")


def _range(run: int, start: int, stop: int) -> dict[str, int]:
    return {"of_run": run, "start": start, "stop": stop}


# Statements that take longer to build than to execute.
_SEGMENTS_AT = (
    select(segments.c.first, segments.c.data, segments.c.length)
    .where(segments.c.run_id == bindparam("of_run"), segments.c.first.in_(bindparam("firsts", expanding=True)))
    .order_by(segments.c.first)
)
_SEGMENTS = select(segments.c.first, segments.c.data, segments.c.length).where(*_between(segments))
_COUNT_AND_END = select(func.sum(segments.c.length), func.max(segments.c.first + segments.c.length)).where(
    *_between(segments)
)
_DELETE = [delete(table).where(*_between(table)) for table in (segments, segment_shapes)]
_INSERT_SEGMENTS, _INSERT_SHAPES = insert(segments), insert(segment_shapes)


def _chunk_start(number: int) -> int:
    return number - number % CHUNK_ROWS
