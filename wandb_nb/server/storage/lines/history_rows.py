"""`HistoryRow`: a line of a run's history, parsed once, with its step and shape."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple

from wandb_nb.server.storage.lines.fast_json import dump_fast, parse_each
from wandb_nb.server.storage.lines.row_shapes import FlatShapes, Shape, shape_of
from wandb_nb.server.storage.storage_errors import BadLineError
from wandb_nb.untrusted_json import normalize_object

if TYPE_CHECKING:
    from collections.abc import Sequence

_MAX_STEP = 2**63 - 1


class HistoryRow(NamedTuple):
    """A row: its values, its normalised JSON text, its step, and which keys of which types it has."""

    values: dict[str, Any]
    text: str
    step: int
    shape: Shape


def parse_rows(texts: Sequence[str], first: int) -> list[HistoryRow]:
    """Return the rows of *texts*, whose numbers count from *first*.

    Raises:
        BadLineError: A text is not a JSON object.

    """
    flat_shapes, rows = FlatShapes(), []
    for number, (text, values) in enumerate(zip(texts, parse_each(texts), strict=True), first):
        shape = flat_shapes.find(values) if type(values) is dict else None
        rows.append(
            HistoryRow(values, text, _step_of(values, number), shape)
            if shape is not None
            else _normalized_row(text, number)
        )
    return rows


def _normalized_row(text: str, number: int) -> HistoryRow:
    try:
        values, text = normalize_object(text)
    except ValueError as error:
        raise BadLineError(f"a line is {error}") from error
    return HistoryRow(values, text, _step_of(values, number), shape_of(values))


def check_line(text: str) -> str:
    """Return the normalised *text* of a line.

    Raises:
        BadLineError: It is not a JSON object.

    """
    return parse_rows([text], 0)[0].text


def _step_of(values: dict[str, Any], number: int) -> int:
    step = values.get("_step")
    return int(step) if isinstance(step, (int, float)) and abs(step) <= _MAX_STEP else number


def dump_rows(rows: Sequence[dict[str, Any]], *, is_plain: bool) -> list[str]:
    """Return the JSON texts of *rows*, faster if all are plain: without NaN, infinities and long integers."""
    texts = dump_fast(rows) if is_plain else None
    return [json.dumps(row) for row in rows] if texts is None else texts
