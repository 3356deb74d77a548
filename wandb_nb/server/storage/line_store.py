"""Lines of a run: put in by number, read by step, by number, or as a sample, never the whole run at once."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import delete, func, insert, select

from wandb_nb.server.storage.tables import history, lines, shapes
from wandb_nb.server.storage.untrusted_json import parse_object
from wandb_nb.server.storage.users import made_id
from wandb_nb.values import TYPE_KEY, dotted

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy import Connection

HISTORY = "history"
Shape = tuple[tuple[str, str], ...]

_LARGEST_STEP = 2**63 - 1
_MOST_SHAPES = 16
_DENSE = 0.8  # of the rows asked for by number; below, each is looked for


class BadLineError(ValueError):
    """A line is no JSON object."""


class Keys(NamedTuple):
    """What the rows of a run hold: how many have each key, by type, and the last step."""

    counts: dict[str, Counter[str]]
    last_step: int


def put_history(connection: Connection, run: int, offset: int, texts: Sequence[str]) -> bool:
    """Make *texts* the history lines from number *offset* on; return whether some had been there before.

    BadLineError for a text that is no JSON object.
    """
    known = _shapes(connection, run)
    rows = []
    for number, text in enumerate(texts, offset):
        row = parse_row(text)
        step = row.get("_step")
        whole = isinstance(step, (int, float)) and abs(step) <= _LARGEST_STEP
        shape = tuple(sorted((name, _kind(value)) for name, value in dotted(row)))
        if shape not in known:
            known[shape] = _add_shape(connection, run, shape)
        rows.append(
            {
                "run_id": run,
                "number": number,
                "step": int(step) if whole else number,  # type: ignore[arg-type]  # whole says that it is a number
                "shape_id": known[shape],
                "text": text,
            }
        )
    return _replace(connection, history, run, offset, rows)


def put_lines(connection: Connection, run: int, stream: str, offset: int, texts: Sequence[str]) -> None:
    """Make *texts* the lines of *stream* from number *offset* on."""
    rows = [
        {"run_id": run, "stream": stream, "number": number, "text": text} for number, text in enumerate(texts, offset)
    ]
    _replace(connection, lines, run, offset, rows, lines.c.stream == stream)


def _replace(connection: Connection, table: Any, run: int, offset: int, rows: list[Any], *which: Any) -> bool:
    """Put *rows* in the place of those with their numbers: the same call twice is the same as once."""
    if not rows:
        return False
    number = table.c.number
    theirs = (table.c.run_id == run, *which, number >= offset, number < offset + len(rows))
    gone = connection.execute(delete(table).where(*theirs))
    connection.execute(insert(table), rows)
    return gone.rowcount > 0


def clear(connection: Connection, run: int, stream: str) -> None:
    """Take all lines of *stream* out."""
    if stream == HISTORY:
        connection.execute(delete(history).where(history.c.run_id == run))
        connection.execute(delete(shapes).where(shapes.c.run_id == run))
    else:
        connection.execute(delete(lines).where(lines.c.run_id == run, lines.c.stream == stream))


def rewind(connection: Connection, run: int, step: int) -> None:
    """Take out the history from the first line on whose step is above *step*."""
    above = select(func.min(history.c.number)).where(history.c.run_id == run, history.c.step > step)
    first = connection.execute(above).scalar()
    if first is not None:
        connection.execute(delete(history).where(history.c.run_id == run, history.c.number >= first))


def count(connection: Connection, run: int, stream: str) -> int:
    """Return the number of the next line of *stream*."""
    table, which = _table(stream)
    last = connection.execute(select(func.max(table.c.number)).where(table.c.run_id == run, *which)).scalar()
    return 0 if last is None else int(last) + 1


def tail(connection: Connection, run: int, stream: str, most: int = 1) -> list[str]:
    """Return the last *most* lines of *stream*, oldest first."""
    table, which = _table(stream)
    newest = select(table.c.text).where(table.c.run_id == run, *which).order_by(table.c.number.desc()).limit(most)
    return list(connection.execute(newest).scalars())[::-1]


def after(connection: Connection, run: int, stream: str, number: int, most: int) -> list[str]:
    """Return at most *most* lines of *stream* from *number* on."""
    table, which = _table(stream)
    query = select(table.c.text).where(table.c.run_id == run, *which, table.c.number >= number)
    return list(connection.execute(query.order_by(table.c.number).limit(most)).scalars())


def between(connection: Connection, run: int, first: int, end: int, most: int) -> list[str]:
    """Return at most *most* history lines whose step is at least *first* and below *end*, in the order of steps."""
    steps = history.c.step
    query = select(history.c.text).where(history.c.run_id == run, steps >= first, steps < end)
    return list(connection.execute(query.order_by(steps, history.c.number).limit(most)).scalars())


def sample_lines(connection: Connection, run: int, stream: str, most: int) -> list[str]:
    """Return the lines of *stream*, or *most* of them evenly spaced, the last one among them."""
    table, which = _table(stream)
    if most < 1:
        return []
    total = count(connection, run, stream)
    query = select(table.c.text).where(table.c.run_id == run, *which)
    if total > most:
        query = query.where(table.c.number.in_(_spread(0, total - 1, most)))
    return list(connection.execute(query.order_by(table.c.number)).scalars())


def sample(  # noqa: PLR0917 - the parts of one question
    connection: Connection, run: int, names: Sequence[str], most: int, first: int | None, last: int | None
) -> list[dict[str, Any]]:
    """Return rows that have all of *names*, only these keys: all such rows, or about *most*, evenly spaced.

    *first* and *last* bound the step, both included. Only the rows that are returned are read.
    """
    wanted = [key for key in dict.fromkeys(names) if key != "_step"]
    fitting = [
        shape_id
        for shape, shape_id in _shapes(connection, run).items()
        if all(any(_covers(leaf, key) for leaf, _ in shape) for key in wanted)
    ]
    if not fitting or most < 1:
        return []
    low, high = (first if first is not None else -_LARGEST_STEP), (last if last is not None else _LARGEST_STEP)
    rows = _spread_rows(connection, run, fitting, most, low, high)
    return [_chosen(json.loads(text), names) for _, text in rows]


def _spread_rows(  # noqa: PLR0917 - the parts of one question
    connection: Connection,
    run: int,
    fitting: Sequence[int],
    most: int,
    low: int = -_LARGEST_STEP,
    high: int = _LARGEST_STEP,
) -> Iterable[tuple[int, str]]:
    """Return numbers and texts of lines: all, or one for each of *most* even shares of the lines that has any."""
    number = history.c.number
    ours = [history.c.run_id == run]
    # One shape alone is a range of its index; several would be sorted.
    ours.append(history.c.shape_id == fitting[0] if len(fitting) == 1 else history.c.shape_id.in_(fitting))
    if low > -_LARGEST_STEP or high < _LARGEST_STEP:
        ours += [history.c.step >= low, history.c.step <= high]
    query = select(number, history.c.text).where(*ours).order_by(number)
    found = connection.execute(query.limit(most + 1)).all()
    if len(found) <= most:
        return [(row.number, row.text) for row in found]
    last = connection.execute(select(number).where(*ours).order_by(number.desc()).limit(1)).scalar_one()
    targets = _spread(found[0].number, last, most)
    hits = connection.execute(query.where(number.in_(targets))).all()
    if len(hits) > most * _DENSE:
        return [(row.number, row.text) for row in hits]
    picked: dict[int, str] = {}
    for target in targets:
        if not picked or target > next(reversed(picked)):
            row = connection.execute(query.where(number >= target).limit(1)).one()
            picked[row.number] = row.text
    return picked.items()


def spread(connection: Connection, run: int, most: int) -> tuple[list[str], int]:
    """Return rows that show the course of every key, in their order, and how many rows there are in all.

    All rows, or of those with the same keys about *most*, evenly spaced; a run whose rows hold many different sets of
    keys gives fewer of each.
    """
    total = count(connection, run, HISTORY)
    known = list(_shapes(connection, run).values())
    share = max(2, min(most, most * _MOST_SHAPES // max(1, len(known))))
    if total <= share:
        return after(connection, run, HISTORY, 0, share), total
    rows = {number: text for shape in known for number, text in _spread_rows(connection, run, [shape], share)}
    return [rows[number] for number in sorted(rows)], total


def keys(connection: Connection, run: int) -> Keys:
    """Return which keys the history has."""
    per_shape = select(history.c.shape_id, func.count()).where(history.c.run_id == run).group_by(history.c.shape_id)
    numbers: dict[int, int] = {row[0]: row[1] for row in connection.execute(per_shape)}
    counts: dict[str, Counter[str]] = {}
    for shape, shape_id in _shapes(connection, run).items():
        for key, kind in shape:
            if shape_id in numbers:
                counts.setdefault(key, Counter())[kind] += numbers[shape_id]
    last = connection.execute(select(func.max(history.c.step)).where(history.c.run_id == run)).scalar()
    return Keys(counts, -1 if last is None else int(last))


def newest_values(connection: Connection, run: int) -> dict[str, Any]:
    """Return the last value of each key of the history, as a summary."""
    last = select(func.max(history.c.number)).where(history.c.run_id == run).group_by(history.c.shape_id)
    query = select(history.c.text).where(history.c.run_id == run, history.c.number.in_(last))
    values: dict[str, Any] = {}
    for text in connection.execute(query.order_by(history.c.number)).scalars():
        values |= json.loads(text)
    return values


def parse_row(text: str) -> dict[str, Any]:
    """Return the object that a line holds. BadLineError where it holds none."""
    try:
        return parse_object(text)
    except ValueError as error:
        raise BadLineError(f"a line is {error}") from error


def _kind(value: Any) -> str:
    if isinstance(value, dict):
        return str(value.get(TYPE_KEY, "map"))
    if value is None:
        return "nil"
    names = {bool: "boolean", int: "number", float: "number", str: "string", list: "list"}
    return names[type(value)]


def _covers(leaf: str, key: str) -> bool:
    """Whether asking for *key* asks for *leaf*, itself or as a part."""
    return leaf == key or leaf.startswith(f"{key}.")


def _chosen(row: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """Return the parts of *row* that *names* ask for, dotted ones under their dotted name."""
    chosen: dict[str, Any] = {}
    for name in names:
        if name in row:
            chosen[name] = row[name]
            continue
        value: Any = row
        for part in name.split("."):
            value = value.get(part) if isinstance(value, dict) else None
        chosen[name] = value
    return chosen


def _spread(first: int, last: int, most: int) -> list[int]:
    if most == 1:
        return [last]
    return [first + (last - first) * index // (most - 1) for index in range(most)]


def _shapes(connection: Connection, run: int) -> dict[Shape, int]:
    rows = connection.execute(select(shapes.c.leaves, shapes.c.id).where(shapes.c.run_id == run))
    return {tuple((key, kind) for key, kind in json.loads(text)): shape_id for text, shape_id in rows}


def _add_shape(connection: Connection, run: int, shape: Shape) -> int:
    added = connection.execute(insert(shapes).values(run_id=run, leaves=json.dumps(shape)))
    return made_id(added)


def _table(stream: str) -> tuple[Any, list[Any]]:
    return (history, []) if stream == HISTORY else (lines, [lines.c.stream == stream])
