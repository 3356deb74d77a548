"""History payloads → columns of one batch, fast where rows look alike.

Two paths that agree.  The exact one decodes row by row (`_Gathered.add_row`).  The fast one takes a row as the pattern
(`_Shape`: its keys in their order), walks all rows of the batch along it at once with numpy, following every
length in the bytes, and keeps those that fit to the last byte.  Their number texts are then cut out of the joined
bytes and parsed in one call.  Rows that fit no pattern go the exact way.
"""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from wandb_nb.store.decode import WireError, decode, flatten, parse_json, whole_objects
from wandb_nb.store.kinds import HistoryRow
from wandb_nb.store.shape import Shape
from wandb_nb.store.walk import Batch, Walk

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from wandb_nb.store.kinds import KeyPath

# Below this many rows numpy's fixed cost is higher than decoding them one by one.
FEWEST = 48
# Rows of more shapes than this in one batch go the exact way: each shape costs a pass over the batch.
MOST_SHAPES = 16


class Rows(NamedTuple):
    """The rows of one batch.  Indices count payloads of the batch, ascending, each at most once a key.

    `numbers` holds finite and other floats (bools as 0 and 1), `others` every other value; keys are in the order
    in which the batch first showed them, with `paths` giving their parts.  `unreadable` lists payloads that are no row.
    """

    size: int
    paths: dict[str, KeyPath]
    numbers: dict[str, tuple[NDArray[np.int64], NDArray[np.float64]]]
    others: dict[str, tuple[list[int], list[Any]]]
    unreadable: list[int]


def decode_rows(payloads: Sequence[bytes], *, fast: bool = True) -> Rows:
    """Return the columns of *payloads*, which are history records; `fast=False` takes the exact path only."""
    gathered = _Gathered()
    left: Iterable[int] = range(len(payloads))
    if fast and len(payloads) >= FEWEST:
        left = _take_shapes(payloads, gathered)
    for index in left:
        gathered.add_row(index, payloads[index])
    return gathered.rows(len(payloads))


def _take_shapes(payloads: Sequence[bytes], gathered: _Gathered) -> Iterable[int]:
    """Take the rows that share a shape; return the indices of those that are left."""
    batch = Batch(payloads)
    left = np.arange(len(payloads))
    odd: list[int] = []
    for _ in range(MOST_SHAPES):
        if len(left) < FEWEST:
            break
        shape = Shape.of(payloads[left[0]])
        walk = shape.walk(batch, left) if shape else None
        if shape is None or walk is None or len(walk.rows) < FEWEST or not _take(batch, shape, walk, gathered):
            odd.append(int(left[0]))
            left = left[1:]
        else:
            left = np.setdiff1d(left, walk.rows, assume_unique=True)
    return sorted([*odd, *left.tolist()])


def _take(batch: Batch, shape: Shape, walk: Walk, gathered: _Gathered) -> bool:
    """Add the rows of *walk*; False, and nothing added, if a number's text cannot be read as a number."""
    numeric = [at for at, item in enumerate(shape.items) if item.numeric]
    table = _numbers(batch, walk, numeric)
    if table is None:
        return False
    first = int(walk.rows[0])
    for column, at in enumerate(numeric):
        item = shape.items[at]
        gathered.see(item.name, item.path, first, at)
        gathered.add_column(item.name, walk.rows, table[:, column])
    for at, item in enumerate(shape.items):
        if not item.numeric:
            starts, sizes = walk.starts[at].tolist(), walk.sizes[at].tolist()
            for row, start, size in zip(walk.rows.tolist(), starts, sizes, strict=True):
                gathered.add_value(row, item.path, parse_json(batch.joined[start : start + size]), at)
    return True


def _numbers(batch: Batch, walk: Walk, numeric: list[int]) -> NDArray[np.float64] | None:
    """Return the numbers of the items *numeric*, one row of the result a row of the walk."""
    if not numeric:
        return np.empty((len(walk.rows), 0))
    starts = np.stack([walk.starts[at] for at in numeric], axis=1).ravel()
    sizes = np.stack([walk.sizes[at] for at in numeric], axis=1).ravel()
    text = batch.cut(starts, sizes)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            values = np.fromstring(text, dtype=np.float64, sep=",")
    except (DeprecationWarning, ValueError):
        return None
    return values.reshape(-1, len(numeric)) if len(values) == len(starts) else None


class _Gathered:
    """Collects the columns of a batch from both paths, in any order of rows."""

    def __init__(self) -> None:
        self.unreadable: list[int] = []
        self._paths: dict[str, KeyPath] = {}
        self._seen: dict[str, tuple[int, int]] = {}
        self._columns: dict[str, list[tuple[NDArray[np.int64], NDArray[np.float64]]]] = {}
        self._numbers: dict[str, tuple[list[int], list[Any]]] = {}
        self._others: dict[str, tuple[list[int], list[Any]]] = {}

    def see(self, name: str, path: KeyPath, row: int, order: int) -> None:
        """Remember where *name* was first met: in which row, and as its which item."""
        if name not in self._seen or (row, order) < self._seen[name]:
            self._seen[name] = (row, order)
            self._paths[name] = path

    def add_column(self, name: str, rows: NDArray[np.int64], values: NDArray[np.float64]) -> None:
        self._columns.setdefault(name, []).append((rows, values))

    def add_row(self, row: int, payload: bytes) -> None:
        """Decode one row exactly: the last of several items of one name holds, as it would in a dict."""
        try:
            record = decode(payload)
        except WireError:
            record = None
        if not isinstance(record, HistoryRow):
            self.unreadable.append(row)
            return
        leaves: dict[str, tuple[KeyPath, Any]] = {}
        for path, value in whole_objects(record.items):
            leaves |= {".".join(leaf): (leaf, inner) for leaf, inner in flatten(path, value)}
        if "_step" not in leaves and record.step is not None:
            leaves["_step"] = (("_step",), record.step)
        for order, (path, value) in enumerate(leaves.values()):
            self.add_value(row, path, value, order)

    def add_value(self, row: int, path: KeyPath, value: Any, order: int) -> None:
        for leaf, inner in flatten(path, value):
            name = ".".join(leaf)
            self.see(name, leaf, row, order)
            number = isinstance(inner, (int, float))
            columns = self._numbers if number else self._others
            rows, values = columns.setdefault(name, ([], []))
            rows.append(row)
            values.append(_as_float(inner) if number else inner)

    def rows(self, size: int) -> Rows:
        order = sorted(self._seen, key=self._seen.__getitem__)
        numbers = {name: self._joined(name) for name in order if name in self._columns or name in self._numbers}
        others = {name: _in_row_order(*self._others[name]) for name in order if name in self._others}
        return Rows(size, {name: self._paths[name] for name in order}, numbers, others, self.unreadable)

    def _joined(self, name: str) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        parts = self._columns.get(name, [])
        if name in self._numbers:
            single = self._numbers[name]
            parts = [*parts, (np.array(single[0], np.int64), np.array(single[1], np.float64))]
        if len(parts) == 1 and name in self._columns:
            return parts[0]
        rows = np.concatenate([part[0] for part in parts])
        order = np.argsort(rows, kind="stable")
        return rows[order], np.concatenate([part[1] for part in parts])[order]


def _in_row_order(rows: list[int], values: list[Any]) -> tuple[list[int], list[Any]]:
    order = sorted(range(len(rows)), key=rows.__getitem__)
    return [rows[at] for at in order], [values[at] for at in order]


def _as_float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return float("inf") if value > 0 else float("-inf")
