"""Texts logged over steps: the last ones of each metric, for a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypedDict

import numpy as np

if TYPE_CHECKING:
    from wandb_nb.store.reading.history_table import HistoryTable

MAX_TEXTS = 24  # metrics with texts in one message
MAX_ROWS = 20
MAX_CHARACTERS = 400  # of one text
MAX_TOTAL = 24_000  # characters of all texts


class TextRow(TypedDict):
    """One logged text; `cut` is set if it is shortened. `time` is in seconds since the start of the run."""

    step: float
    time: float
    text: str
    cut: bool


class TextSeries(TypedDict):
    """The last texts of one metric, oldest first; `n` counts all that were logged."""

    key: str
    n: int
    rows: list[TextRow]


def text_series(table: HistoryTable, rows: int = MAX_ROWS) -> list[TextSeries]:
    """Return the last *rows* texts of each metric whose newest value is a text, in the order of first appearance."""
    columns = ((key, table.others.get(key)) for key in table.paths if not key.startswith("_"))
    texts = [
        (key, column) for key, column in columns if column and column.values and isinstance(column.values[-1], str)
    ]
    room = MAX_TOTAL // max(1, min(len(texts), MAX_TEXTS))
    series: list[TextSeries] = []
    for key, column in texts[:MAX_TEXTS]:
        last = list(zip(column.rows[-rows:], column.values[-rows:], strict=True))
        length = min(MAX_CHARACTERS, room // max(1, len(last)))
        entries = [_row(table, row, value, length) for row, value in last if isinstance(value, str)]
        series.append({"key": key, "n": len(column), "rows": entries})
    return series


def _row(table: HistoryTable, row: int, text: str, length: int) -> TextRow:
    time = table.runtime[row]
    return {
        "step": float(table.step[row]),
        "time": 0.0 if np.isnan(time) else float(time),
        "text": text[:length],
        "cut": len(text) > length,
    }
