"""The items of a batch of history (or summary) records: their keys and the positions of their values.

All lengths in the bytes are followed, so the result is the same as from decoding one by one. Unusual records are marked
as `odd` and decoded that way.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from wandb_nb.store.format.record_items import key_path
from wandb_nb.store.format.wire import BYTES, WireError, fields
from wandb_nb.values import TYPE_KEY

if TYPE_CHECKING:
    from wandb_nb.store.reading.payload_batch import Mask, PayloadBatch, Positions
    from wandb_nb.values import KeyPath

ITEM, KEY, NESTED_KEY, VALUE_JSON = b"\x0a", 0x0A, 0x12, b"\x82\x01"
# Fields that may follow: a step and an info inside of the history, control and info after it.
STEP, CONTROL, INFO = b"\x12", b"\x82\x01", b"\xc2\x0c"
HISTORY_TAIL, SUMMARY_TAIL = (STEP, INFO, STEP), (INFO,)  # what has the tag of a step is a removal in a summary
# Each round of a search costs some microseconds, so a row made to need many is odd.
MAX_ITEMS, MAX_KEYS, MAX_PARTS = 4_000, 4_000, 32


class Column(NamedTuple):
    """The items of one key: `members` are their places in `VectorItems`, rows ascending, no row twice."""

    path: KeyPath
    members: Positions


class VectorItems(NamedTuple):
    """Items in the order of the bytes: the row of each, its place in the row, and the position of its value."""

    rows: Positions
    order: Positions
    starts: Positions
    sizes: Positions
    columns: dict[str, Column]
    odd: Mask


def find_items(batch: PayloadBatch, tag: bytes, tail: tuple[bytes, ...]) -> VectorItems:
    """Return the items of all records of *batch* that have *tag* and nothing odd; *tail* may follow the items."""
    rows, order, starts, ends, fit = _spans(batch, tag, tail)
    key_ends, values, sizes = _values(batch, starts, ends)
    whole = (values + sizes == ends) & (sizes > 0) & (key_ends > starts)
    fit[rows[~whole]] = False
    valid = np.flatnonzero(fit[rows])
    valid = valid[np.argsort(starts[valid], kind="stable")]
    rows, order, starts, key_ends, values, sizes = (
        part[valid] for part in (rows, order, starts, key_ends, values, sizes)
    )
    columns = _columns(batch, rows, starts, key_ends, fit)
    return VectorItems(rows, order, values, sizes, columns, ~fit)


def _spans(
    batch: PayloadBatch, tag: bytes, tail: tuple[bytes, ...]
) -> tuple[Positions, Positions, Positions, Positions, Mask]:
    """Return row, place, start and end of each item, and which rows have nothing but items where they should."""
    at = batch.bodies()
    fit = batch.at(at, tag) & (at < batch.ends)
    size, at = batch.varints(np.minimum(at + 1, batch.ends))
    limits = np.where(fit, at + size, 0)
    fit &= limits <= batch.ends
    limits = np.minimum(limits, batch.ends)
    rows = np.flatnonzero(fit)
    at = at.copy()
    columns: list[tuple[Positions, Positions, Positions, Positions]] = []
    for order in range(MAX_ITEMS):
        rows = rows[(at[rows] < limits[rows]) & batch.at(at[rows], ITEM)]
        if not len(rows):
            break
        size, start = batch.varints(at[rows] + 1)
        inside = start + size <= limits[rows]
        rows, start, end = rows[inside], start[inside], (start + size)[inside]
        at[rows] = end
        columns.append((rows, np.full(len(rows), order), start, end))
    for field in tail:
        at = batch.skip_field(at, limits, field)
    fit &= at == limits
    at = batch.skip_field(batch.skip_field(at, batch.ends, CONTROL), batch.ends, INFO)
    fit &= at == batch.ends
    none = np.empty(0, np.int64)
    joined = [np.concatenate([part[which] for part in columns] or [none]) for which in range(4)]
    return joined[0], joined[1], joined[2], joined[3], fit


def _values(batch: PayloadBatch, starts: Positions, ends: Positions) -> tuple[Positions, Positions, Positions]:
    """Return where the keys of items end, and start and size of their values, -1 where there is none."""
    at = starts.copy()
    for _ in range(MAX_PARTS):
        byte = batch.data[at]
        more = ((byte == KEY) | (byte == NESTED_KEY)) & (at < ends)
        if not more.any():
            break
        size, after = batch.varints(at + 1)
        at = np.where(more, np.minimum(after + size, ends), at)
    there = batch.at(at, VALUE_JSON) & (at < ends)
    size, start = batch.varints(np.minimum(at + len(VALUE_JSON), ends))
    return at, np.where(there, start, -1), np.where(there, size, -1)


def _columns(batch: PayloadBatch, rows: Positions, starts: Positions, ends: Positions, fit: Mask) -> dict[str, Column]:
    """Group items by key; rows in which a key is twice, or is not simple, are no longer *fit*."""
    columns: dict[str, Column] = {}
    signatures = batch.signatures(starts, ends)
    left = np.arange(len(rows))
    for _ in range(MAX_KEYS):
        if not len(left):
            break
        first = left[0]
        key = batch.joined[starts[first] : ends[first]]
        alike = signatures[left] == signatures[first]
        # Equal signatures may still be other keys: those stay for a later round.
        alike[alike] = batch.at(starts[left[alike]], key + VALUE_JSON)
        members, left = left[alike], left[~alike]
        path = _simple_path(key)
        if path is None or ".".join(path) in columns:
            fit[rows[members]] = False
            continue
        twice = rows[members[1:]] == rows[members[:-1]]
        fit[rows[members[1:]][twice]] = False
        columns[".".join(path)] = Column(path, members)
    fit[rows[left]] = False
    return {name: Column(path, members[fit[rows[members]]]) for name, (path, members) in columns.items()}


def _simple_path(key: bytes) -> KeyPath | None:
    """Return the path that the fields *key* of an item spell; None where that takes more than looking at them."""
    try:
        parts = [(number, value) for number, kind, value in fields(key) if kind == BYTES and isinstance(value, bytes)]
    except WireError:
        return None
    numbers = {number for number, _ in parts}
    if numbers == {1} and len(parts) == 1:
        return key_path(parts[0][1], [])
    path = key_path(b"", [value for _, value in parts])
    # The parts of an object with a type are put together again by the exact path.
    return path if numbers == {2} and path[-1] != TYPE_KEY else None
