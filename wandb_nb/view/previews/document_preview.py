"""The beginnings of what is read rather than looked at: rows of tables, text of HTML pages."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from typing import Any, BinaryIO

from wandb_nb.formatting import clean, number
from wandb_nb.view.previews.preview import MAX_CELL, Preview, TableHead

MAX_TABLE_BYTES = 8 << 20
_MAX_ROWS, _MAX_COLUMNS = 200, 30
_MAX_PREVIEW_BYTES = 10_000
_MAX_PAGE_BYTES, _MAX_TEXT = 16_000, 600
_HIDDEN = frozenset(("script", "style", "title", "head", "template"))


def table_preview(file: BinaryIO) -> Preview:
    """Return the first rows of the table in *file*, at most 10 kB of its JSON.

    Raises:
        OSError: It is not a table, or one of more than 8 MiB.

    """
    columns, rows = read_table(file)
    count = min(len(rows), _MAX_ROWS)
    data = _json(columns, rows[:count], len(rows))
    while len(data) > _MAX_PREVIEW_BYTES and count:
        count //= 2
        data = _json(columns, rows[:count], len(rows))
    texts: list[list[str | Preview]] = [list(map(_cell, row)) for row in rows[:count]]
    head = TableHead([_cell(name) for name in columns], texts, len(rows))
    return Preview("application/json", data, table=head)


def read_table(file: BinaryIO) -> tuple[list[Any], list[list[Any]]]:
    """Return columns and rows of the table in *file*; every row has a cell for each column.

    Raises:
        OSError: It is not a table, or one of more than 8 MiB.

    """
    data = file.read(MAX_TABLE_BYTES + 1)
    try:
        table = json.loads(data) if len(data) <= MAX_TABLE_BYTES else None
        columns, rows = table["columns"][:_MAX_COLUMNS], table["data"]  # type: ignore[index]  # checked below
        return columns, [(row + [None] * len(columns))[: len(columns)] for row in rows]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise OSError(f"is not a table that is shown: {error}") from error


def page_preview(file: BinaryIO) -> Preview:
    """Return the HTML page in *file* if it is short, and in any case the beginning of its text."""
    data = file.read(_MAX_PAGE_BYTES + 1)
    text = _text_of(data.decode("utf-8", "replace"))
    return Preview("text/html", data if len(data) <= _MAX_PAGE_BYTES else text.encode(), text=text)


def _json(columns: list[Any], rows: list[list[Any]], total: int) -> bytes:
    return json.dumps({"columns": columns, "data": rows, "nrows": total}, separators=(",", ":")).encode()


def _cell(value: Any) -> str:
    if isinstance(value, float):
        return number(value)
    if value is None:
        return ""
    return clean(value if isinstance(value, (str, int)) else json.dumps(value), MAX_CELL)


def _text_of(page: str) -> str:
    reader = _TextReader()
    reader.feed(page)
    reader.close()
    return clean(" ".join(" ".join(reader.texts).split()), _MAX_TEXT)


class _TextReader(HTMLParser):
    """Collects the texts of a page that a browser would show."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002 -- the parser's
        self._hidden += tag in _HIDDEN

    def handle_endtag(self, tag: str) -> None:
        self._hidden = max(0, self._hidden - (tag in _HIDDEN))

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.texts.append(data)
