"""Lines of a run by number: written, counted and read in bounded pieces."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select

from wandb_nb.server.storage.lines.history_rows import check_line
from wandb_nb.server.storage.lines.segment_queries import (
    last_rows_of_shapes,
    last_texts,
    texts_between_steps,
    texts_from,
)
from wandb_nb.server.storage.lines.segment_store import (
    add_rows,
    load_segments,
    prepare_rows,
    remove_all,
    remove_from,
    rows_end,
)
from wandb_nb.server.storage.storage_errors import TooLargeError
from wandb_nb.server.storage.tables import lines, segments, shapes
from wandb_nb.untrusted_json import load_object

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Connection

HISTORY, EVENTS = "history", "events"

MAX_READ_BYTES = 32 << 20  # about, of the lines that one call reads


def put_history(connection: Connection, run: int, offset: int, texts: Sequence[str]) -> bool:
    """Write *texts* as the history lines from number *offset* on; return whether any of them existed before.

    Raises:
        BadLineError: A text is not a JSON object.

    """
    return add_rows(connection, run, prepare_rows(offset, texts))


def put_lines(connection: Connection, run: int, stream: str, offset: int, texts: Sequence[str]) -> None:
    """Write *texts* as the lines of *stream* from number *offset* on.

    Raises:
        BadLineError: A text of the stream of events is not a JSON object.

    """
    if stream == EVENTS:
        texts = [check_line(text) for text in texts]
    _replace_lines(connection, run, stream, offset, texts)


def clear(connection: Connection, run: int, stream: str) -> None:
    """Delete all lines of *stream*."""
    if stream == HISTORY:
        remove_all(connection, run)
        connection.execute(delete(shapes).where(shapes.c.run_id == run))
    else:
        connection.execute(delete(lines).where(*_of_stream(run, stream)))


def rewind(connection: Connection, run: int, step: int) -> None:
    """Delete the history from the first line on whose step is above *step*."""
    number = first_above(connection, run, step)
    if number is not None:
        remove_from(connection, run, number)


def first_above(connection: Connection, run: int, step: int) -> int | None:
    """Return the number of the first history line whose step is above *step*; None if there is none."""
    query = select(segments.c.first).where(segments.c.run_id == run, segments.c.max_step > step)
    first = connection.execute(query.order_by(segments.c.first).limit(1)).scalars().all()
    for number, segment in load_segments(connection, run, first):
        return number + next(position for position, one in enumerate(segment.steps) if one > step)
    return None


def count(connection: Connection, run: int, stream: str) -> int:
    """Return how many lines *stream* has, which is the number of its next line."""
    if stream == HISTORY:
        return rows_end(connection, run)
    last = connection.execute(select(func.max(lines.c.number)).where(*_of_stream(run, stream))).scalar()
    return 0 if last is None else int(last) + 1


def tail(connection: Connection, run: int, stream: str, limit: int = 1) -> list[str]:
    """Return the last *limit* lines of *stream*, oldest first."""
    if stream == HISTORY:
        return last_texts(connection, run, limit)
    query = select(lines.c.text).where(*_of_stream(run, stream)).order_by(lines.c.number.desc())
    return list(connection.execute(query.limit(limit)).scalars())[::-1]


def lines_from(  # noqa: PLR0917 -- the parts of one query
    connection: Connection, run: int, stream: str, number: int, limit: int, max_bytes: int = MAX_READ_BYTES
) -> list[str]:
    """Return at most *limit* lines of *stream*, from *number* on: fewer if they are long, but one if there is one."""
    return _first_texts(_iter_lines(connection, run, stream, number, limit), max_bytes)[0]


def _iter_lines(connection: Connection, run: int, stream: str, number: int, limit: int) -> Iterator[str]:
    if stream == HISTORY:
        return texts_from(connection, run, number, limit)
    query = select(lines.c.text).where(*_of_stream(run, stream), lines.c.number >= number)
    return connection.execute(query.order_by(lines.c.number).limit(limit)).scalars()


def line_starts(connection: Connection, run: int, stream: str, number: int, limit: int, length: int) -> list[Any]:  # noqa: PLR0917 -- the parts of one query
    """Return `text`, the first *length* characters, and `length` of at most *limit* lines of console or events."""
    text = lines.c.text
    query = select(func.substr(text, 1, length).label("text"), func.length(text).label("length"))
    query = query.where(*_of_stream(run, stream), lines.c.number >= number)
    return list(connection.execute(query.order_by(lines.c.number).limit(limit)))


def rows_between_steps(connection: Connection, run: int, first: int, end: int, limit: int) -> list[str]:
    """Return at most *limit* history lines with *first* <= step < *end*, in the order of steps.

    Raises:
        TooLargeError: They are too long to return together.

    """
    return bounded_texts(islice(texts_between_steps(connection, run, first, end), limit))


def last_values(connection: Connection, run: int) -> dict[str, Any]:
    """Return the last value of each key of the history, as a summary."""
    values: dict[str, Any] = {}
    for text in last_rows_of_shapes(connection, run):
        values |= load_object(text) or {}
    return values


def bounded_texts(texts: Iterable[str]) -> list[str]:
    """Return *texts* as a list.

    Raises:
        TooLargeError: They are too long to return together.

    """
    bounded, is_complete = _first_texts(texts, MAX_READ_BYTES)
    if not is_complete:
        raise TooLargeError(f"the rows have more than {MAX_READ_BYTES >> 20} MiB; ask for fewer of them at once")
    return bounded


def _first_texts(texts: Iterable[str], max_bytes: int) -> tuple[list[str], bool]:
    """Return the first of *texts*, of about *max_bytes*, and whether they are all."""
    bounded: list[str] = []
    for text in texts:
        max_bytes -= len(text)
        if bounded and max_bytes < 0:
            return bounded, False
        bounded.append(text)
    return bounded, True


def _of_stream(run: int, stream: str) -> tuple[Any, ...]:
    return lines.c.run_id == run, lines.c.stream == stream


def _replace_lines(connection: Connection, run: int, stream: str, offset: int, texts: Sequence[str]) -> None:
    """Replace the lines with these numbers, so that repeating a call changes nothing."""
    if not texts:
        return
    number = lines.c.number
    condition = (*_of_stream(run, stream), number >= offset, number < offset + len(texts))
    connection.execute(delete(lines).where(*condition))
    rows = [{"run_id": run, "stream": stream, "number": at, "text": text} for at, text in enumerate(texts, offset)]
    connection.execute(insert(lines), rows)
