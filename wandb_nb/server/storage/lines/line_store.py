"""Lines of a run by number: written, counted and read in bounded pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, func, insert, select

from wandb_nb.server.storage.lines.row_shapes import add_shape, load_shapes, shape_of
from wandb_nb.server.storage.storage_errors import BadLineError, TooLargeError
from wandb_nb.server.storage.tables import history, lines, shapes
from wandb_nb.untrusted_json import load_object, normalize_object

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

HISTORY, EVENTS = "history", "events"

MAX_READ_BYTES = 32 << 20  # about, of the lines that one call reads
_MAX_STEP = 2**63 - 1


def put_history(connection: Connection, run: int, offset: int, texts: Sequence[str]) -> bool:
    """Write *texts* as the history lines from number *offset* on; return whether any of them existed before.

    Raises:
        BadLineError: A text is not a JSON object.

    """
    shape_ids = load_shapes(connection, run)
    rows = []
    for number, text in enumerate(texts, offset):
        row, text = _normalize_line(text)  # noqa: PLW2901 -- the normalised text is stored
        shape = shape_of(row)
        if shape not in shape_ids:
            shape_ids[shape] = add_shape(connection, run, shape)
        step = _step_of(row, number)
        rows.append({"run_id": run, "number": number, "step": step, "shape_id": shape_ids[shape], "text": text})
    return _replace(connection, history, run, offset, rows)


def put_lines(connection: Connection, run: int, stream: str, offset: int, texts: Sequence[str]) -> None:
    """Write *texts* as the lines of *stream* from number *offset* on.

    Raises:
        BadLineError: A text of the stream of events is not a JSON object.

    """
    if stream == EVENTS:
        texts = [_normalize_line(text)[1] for text in texts]
    rows = [
        {"run_id": run, "stream": stream, "number": number, "text": text} for number, text in enumerate(texts, offset)
    ]
    _replace(connection, lines, run, offset, rows, lines.c.stream == stream)


def clear(connection: Connection, run: int, stream: str) -> None:
    """Delete all lines of *stream*."""
    if stream == HISTORY:
        connection.execute(delete(history).where(history.c.run_id == run))
        connection.execute(delete(shapes).where(shapes.c.run_id == run))
    else:
        connection.execute(delete(lines).where(lines.c.run_id == run, lines.c.stream == stream))


def rewind(connection: Connection, run: int, step: int) -> None:
    """Delete the history from the first line on whose step is above *step*."""
    above = select(func.min(history.c.number)).where(history.c.run_id == run, history.c.step > step)
    first = connection.execute(above).scalar()
    if first is not None:
        connection.execute(delete(history).where(history.c.run_id == run, history.c.number >= first))


def count(connection: Connection, run: int, stream: str) -> int:
    """Return how many lines *stream* has, which is the number of its next line."""
    table, conditions = stream_table(stream)
    last = connection.execute(select(func.max(table.c.number)).where(table.c.run_id == run, *conditions)).scalar()
    return 0 if last is None else int(last) + 1


def tail(connection: Connection, run: int, stream: str, limit: int = 1) -> list[str]:
    """Return the last *limit* lines of *stream*, oldest first."""
    table, conditions = stream_table(stream)
    query = select(table.c.text).where(table.c.run_id == run, *conditions).order_by(table.c.number.desc())
    return list(connection.execute(query.limit(limit)).scalars())[::-1]


def lines_from(  # noqa: PLR0917 -- the parts of one query
    connection: Connection, run: int, stream: str, number: int, limit: int, max_bytes: int = MAX_READ_BYTES
) -> list[str]:
    """Return at most *limit* lines of *stream*, from *number* on: fewer if they are long, but one if there is one."""
    table, conditions = stream_table(stream)
    query = select(table.c.text).where(table.c.run_id == run, *conditions, table.c.number >= number)
    return _first_texts(connection, query.order_by(table.c.number).limit(limit), max_bytes)[0]


def line_starts(connection: Connection, run: int, stream: str, number: int, limit: int, length: int) -> list[Any]:  # noqa: PLR0917 -- the parts of one query
    """Return `text`, the first *length* characters, and `length` of at most *limit* lines of *stream*."""
    table, conditions = stream_table(stream)
    text = table.c.text
    query = select(func.substr(text, 1, length).label("text"), func.length(text).label("length"))
    query = query.where(table.c.run_id == run, *conditions, table.c.number >= number)
    return list(connection.execute(query.order_by(table.c.number).limit(limit)))


def rows_between_steps(connection: Connection, run: int, first: int, end: int, limit: int) -> list[str]:
    """Return at most *limit* history lines with *first* <= step < *end*, in the order of steps.

    Raises:
        TooLargeError: They are too long to return together.

    """
    steps = history.c.step
    query = select(history.c.text).where(history.c.run_id == run, steps >= first, steps < end)
    return bounded_texts(connection, query.order_by(steps, history.c.number).limit(limit))


def last_values(connection: Connection, run: int) -> dict[str, Any]:
    """Return the last value of each key of the history, as a summary."""
    last = select(func.max(history.c.number)).where(history.c.run_id == run).group_by(history.c.shape_id)
    query = select(history.c.text).where(history.c.run_id == run, history.c.number.in_(last))
    values: dict[str, Any] = {}
    for text in connection.execute(query.order_by(history.c.number)).scalars():
        values |= load_object(text) or {}
    return values


def bounded_texts(connection: Connection, query: Any) -> list[str]:
    """Return the lines that *query* selects.

    Raises:
        TooLargeError: They are too long to return together.

    """
    texts, is_complete = _first_texts(connection, query, MAX_READ_BYTES)
    if not is_complete:
        raise TooLargeError(f"the rows have more than {MAX_READ_BYTES >> 20} MiB; ask for fewer of them at once")
    return texts


def _first_texts(connection: Connection, query: Any, max_bytes: int) -> tuple[list[str], bool]:
    """Return the first of the texts that *query* selects, of about *max_bytes*, and whether they are all."""
    texts: list[str] = []
    for text in connection.execute(query).scalars():
        max_bytes -= len(text)
        if texts and max_bytes < 0:
            return texts, False
        texts.append(text)
    return texts, True


def stream_table(stream: str) -> tuple[Any, list[Any]]:
    """Return the table of *stream* and the conditions that select its lines there."""
    return (history, []) if stream == HISTORY else (lines, [lines.c.stream == stream])


def _normalize_line(text: str) -> tuple[dict[str, Any], str]:
    try:
        return normalize_object(text)
    except ValueError as error:
        raise BadLineError(f"a line is {error}") from error


def _step_of(row: dict[str, Any], number: int) -> int:
    step = row.get("_step")
    return int(step) if isinstance(step, (int, float)) and abs(step) <= _MAX_STEP else number


def _replace(connection: Connection, table: Any, run: int, offset: int, rows: list[Any], *conditions: Any) -> bool:
    """Replace the lines with the numbers of *rows*, so that repeating a call changes nothing."""
    if not rows:
        return False
    number = table.c.number
    replaced = (table.c.run_id == run, *conditions, number >= offset, number < offset + len(rows))
    removed = connection.execute(delete(table).where(*replaced))
    connection.execute(insert(table), rows)
    return removed.rowcount > 0
