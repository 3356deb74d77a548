"""Row shapes: which keys a history row has, and of which types.

A run has few different shapes, so finding the rows that hold a key means finding a few shapes, not reading rows.
"""

from __future__ import annotations

import json
from bisect import bisect_left
from collections import Counter
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import bindparam, func, insert, select

from wandb_nb.server.storage.database import inserted_id
from wandb_nb.server.storage.tables import segment_shapes, segments, shapes
from wandb_nb.values import TYPE_KEY, dotted

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from sqlalchemy import Connection

Shape = tuple[tuple[str, str], ...]

_OF_RUN = select(shapes.c.leaves, shapes.c.id).where(shapes.c.run_id == bindparam("of_run"))
_WITH_LEAVES = _OF_RUN.where(shapes.c.leaves == bindparam("text"))  # in half the time of the next one
_WITH_ANY_LEAVES = _OF_RUN.where(shapes.c.leaves.in_(bindparam("texts", expanding=True)))
_BATCH = 500  # parameters of one statement

NULL = "nil"
_TYPE_NAMES: dict[type, str] = {
    bool: "boolean",
    int: "number",
    float: "number",
    str: "string",
    list: "list",
    type(None): NULL,
}


class HistoryKeys(NamedTuple):
    """The keys of a run's rows: how many rows have each, by type, and the last step (-1 without rows)."""

    counts: dict[str, Counter[str]]
    last_step: int


class FlatShapes:
    """Finds the shapes of rows without lists and objects, most of which have the names and types of the row before."""

    def __init__(self) -> None:
        self._shapes: dict[tuple[Any, ...], Shape] = {}
        self._names: tuple[str, ...] = ()
        self._types: tuple[type, ...] = ()
        self._shape: Shape = ()

    def find(self, row: dict[str, Any]) -> Shape | None:
        """Return the name and the type of each value of *row*, sorted; None if a value is a list or an object."""
        names, types = tuple(row), tuple(map(type, row.values()))
        if types != self._types or names != self._names:
            if dict in types or list in types:
                return None
            self._names, self._types, self._shape = names, types, self._sorted(names, types)
        return self._shape

    def _sorted(self, names: tuple[str, ...], types: tuple[type, ...]) -> Shape:
        if (names, types) not in self._shapes:
            shape = tuple(sorted(zip(names, map(_TYPE_NAMES.__getitem__, types), strict=True)))
            self._shapes[names, types] = shape
        return self._shapes[names, types]


def shape_of(row: dict[str, Any]) -> Shape:
    """Return the dotted name and the type of each value of *row*, sorted."""
    return tuple(sorted((name, _type_name(value)) for name, value in dotted(row)))


def load_shapes(connection: Connection, run: int) -> dict[Shape, int]:
    """Return the ids of the shapes that *run* has."""
    rows = connection.execute(_OF_RUN, {"of_run": run})
    return {tuple((key, kind) for key, kind in json.loads(text)): shape_id for text, shape_id in rows}


def ids_of_shapes(connection: Connection, run: int, wanted: Iterable[Shape]) -> dict[Shape, int]:
    """Return the ids of the *wanted* shapes, which *run* then has; the others of a run with many are not parsed."""
    shape_of_text = {json.dumps(shape): shape for shape in wanted}
    stored = _stored_ids(connection, run, list(shape_of_text))
    ids = {shape_of_text[leaves]: shape_id for leaves, shape_id in stored}
    for text, shape in shape_of_text.items():
        if shape not in ids:
            ids[shape] = inserted_id(connection.execute(insert(shapes), {"run_id": run, "leaves": text}))
    return ids


def _stored_ids(connection: Connection, run: int, texts: Sequence[str]) -> Iterator[Any]:
    """Yield text and id of the shapes of *run* that are among *texts*."""
    if len(texts) == 1:
        yield from connection.execute(_WITH_LEAVES, {"of_run": run, "text": texts[0]})
        return
    for at in range(0, len(texts), _BATCH):
        yield from connection.execute(_WITH_ANY_LEAVES, {"of_run": run, "texts": texts[at : at + _BATCH]})


def history_keys(connection: Connection, run: int) -> HistoryKeys:
    """Return the keys of the history of *run*."""
    shape = segment_shapes.c
    per_shape = select(shape.shape_id, func.sum(shape.length)).where(shape.run_id == run).group_by(shape.shape_id)
    row_counts: dict[int, int] = {row[0]: int(row[1]) for row in connection.execute(per_shape)}
    counts: dict[str, Counter[str]] = {}
    for leaves, shape_id in load_shapes(connection, run).items():
        for key, kind in leaves:
            if shape_id in row_counts:
                counts.setdefault(key, Counter())[kind] += row_counts[shape_id]
    last = connection.execute(select(func.max(segments.c.max_step)).where(segments.c.run_id == run)).scalar()
    return HistoryKeys(counts, -1 if last is None else int(last))


def shape_has_key(shape: Shape, key: str) -> bool:
    """Whether rows of *shape* have *key*, as a value or as an object around values."""
    for prefix, is_exact in ((key, True), (f"{key}.", False)):
        at = bisect_left(shape, (prefix, ""))
        leaf = shape[at][0] if at < len(shape) else ""
        if leaf == prefix or (leaf.startswith(prefix) and not is_exact):
            return True
    return False


def _type_name(value: Any) -> str:
    return str(value.get(TYPE_KEY, "map")) if isinstance(value, dict) else _TYPE_NAMES[type(value)]
