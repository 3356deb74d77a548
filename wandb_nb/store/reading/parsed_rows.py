"""Rows that are parsed already, such as those of a server, as the columns of one batch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from wandb_nb.store.metrics.summary_engine import MAX_EXACT
from wandb_nb.store.reading.row_columns import RowColumns, as_float
from wandb_nb.values import leaves

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from wandb_nb.values import KeyPath

_NUMBERS = {int, float, bool}


def columns_of(rows: Sequence[Mapping[str, Any]]) -> RowColumns:
    """Return the columns of *rows*; empty mappings in them are left out. Most rows of a run have the same keys."""
    columns = _Columns()
    alike: dict[tuple[str, ...], tuple[list[int], list[Mapping[str, Any]]]] = {}
    for index, row in enumerate(rows):
        values = _flatten(row) if dict in map(type, row.values()) else row
        keys = tuple(values)
        if keys not in alike:
            alike[keys] = [], []
            columns.add_paths(row)
        indices, members = alike[keys]
        indices.append(index)
        members.append(values)
    for keys, (indices, members) in alike.items():
        for name, column in zip(keys, zip(*(member.values() for member in members), strict=True), strict=True):
            columns.add(name, indices, column)
    return columns.result(len(rows))


def _flatten(row: Mapping[str, Any]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in row.items():
        if type(value) is dict:
            flat.update((".".join(path), leaf) for path, leaf in leaves((key,), value) if leaf != {})
        else:
            flat[key] = value
    return flat


class _Columns:
    """Collects columns from groups of rows with the same keys."""

    def __init__(self) -> None:
        self._paths: dict[str, KeyPath] = {}
        self._numbers: dict[str, list[tuple[list[int], NDArray[np.float64]]]] = {}
        self._others: dict[str, list[tuple[int, Any]]] = {}
        self._exact: dict[str, dict[int, int]] = {}

    def add_paths(self, row: Mapping[str, Any]) -> None:
        """Remember the paths of the keys of *row*. Of two paths with one dotted name in a row, the last one holds."""
        paths = [path for key, value in row.items() for path, leaf in leaves((key,), value) if leaf != {}]
        for name, path in {".".join(path): path for path in paths}.items():
            self._paths.setdefault(name, path)

    def add(self, name: str, rows: list[int], values: Sequence[Any]) -> None:
        """Add the *values* of one key at *rows*, which ascend."""
        if not _NUMBERS.issuperset(map(type, values)):
            pairs = list(zip(rows, values, strict=True))
            self._others.setdefault(name, []).extend(pair for pair in pairs if type(pair[1]) not in _NUMBERS)
            pairs = [pair for pair in pairs if type(pair[1]) in _NUMBERS]
            if not pairs:
                return
            rows, values = [row for row, _ in pairs], [value for _, value in pairs]
        floats = _to_floats(values)
        self._numbers.setdefault(name, []).append((rows, floats))
        for at in np.flatnonzero(np.abs(floats) >= MAX_EXACT).tolist():
            if type(values[at]) is int:
                self._exact.setdefault(name, {})[rows[at]] = values[at]

    def result(self, size: int) -> RowColumns:
        numbers = {name: _in_row_order(parts) for name, parts in self._numbers.items()}
        others = {name: sorted(pairs, key=lambda pair: pair[0]) for name, pairs in self._others.items()}
        texts = {name: ([row for row, _ in pairs], [value for _, value in pairs]) for name, pairs in others.items()}
        return RowColumns(size, self._paths, numbers, texts, [], self._exact)


def _to_floats(values: Sequence[Any]) -> NDArray[np.float64]:
    try:
        return np.array(values, np.float64)
    except OverflowError:
        return np.array([as_float(value) for value in values])


def _in_row_order(
    parts: list[tuple[list[int], NDArray[np.float64]]],
) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    rows = np.concatenate([np.array(rows, np.int64) for rows, _ in parts])
    values = np.concatenate([values for _, values in parts])
    if len(parts) == 1:
        return rows, values
    order = np.argsort(rows, kind="stable")
    return rows[order], values[order]
