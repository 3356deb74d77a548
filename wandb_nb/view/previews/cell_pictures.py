"""Pictures in the first rows of a table: the file of the run has only words in their place, the artifact has them."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, BinaryIO

from wandb_nb.values import TYPE_KEY
from wandb_nb.view.objects.table_artifacts import artifact_folder
from wandb_nb.view.previews.document_preview import read_table
from wandb_nb.view.previews.picture_preview import picture_preview

if TYPE_CHECKING:
    from collections.abc import Callable

    from wandb_nb.view.previews.preview import Preview, TableHead

MAX_ROWS, MAX_PICTURES = 8, 24
_SIDE = 64  # pixels of a picture in a cell


def with_cell_pictures(preview: Preview, path: str, open_file: Callable[[str], BinaryIO | None]) -> Preview:
    """Return the *preview* of a table with small pictures in its first rows, from its artifact's file *path*.

    Raises:
        OSError: The artifact's file is not a table that is shown.

    """
    content = open_file(path)
    if content is None or preview.table is None:
        return preview
    with content:
        columns, rows = read_table(content)
    pictures = _pictures(rows[:MAX_ROWS], artifact_folder(path), open_file)
    if not pictures:
        return preview
    data = json.dumps({"columns": columns, "data": rows[:MAX_ROWS]}, separators=(",", ":")).encode()
    copies = {f"{artifact_folder(path)}/{name}": picture for name, picture in pictures.items()}
    parts = ((path, replace(preview, data=data, table=None)), *copies.items())
    return replace(preview, table=_head(preview.table, rows, pictures), parts=parts)


def _pictures(rows: list[list[Any]], folder: str, open_file: Callable[[str], BinaryIO | None]) -> dict[str, Preview]:
    """Return the pictures in the cells of *rows* by their path in the artifact, without those that are broken."""
    paths = dict.fromkeys(path for row in rows for cell in row if (path := _picture_path(cell)))
    pictures: dict[str, Preview] = {}
    for path in list(paths)[:MAX_PICTURES]:
        content = open_file(f"{folder}/{path}")
        if content is not None:
            with content, suppress(OSError, ValueError, SyntaxError):  # what Pillow raises for a file that is none
                pictures[path] = picture_preview(content, side=_SIDE)
    return pictures


def _head(head: TableHead, rows: list[list[Any]], pictures: dict[str, Preview]) -> TableHead:
    """Return *head* with *pictures* in their cells."""
    cells = [
        [pictures.get(_picture_path(value), text) for value, text in zip(row, texts, strict=False)]
        for row, texts in zip(rows, head.rows, strict=False)
    ]
    return replace(head, rows=[*cells, *head.rows[len(cells) :]])


def _picture_path(cell: Any) -> str:
    """Return the path of a cell's picture in the artifact; empty for another cell."""
    is_picture = isinstance(cell, dict) and cell.get(TYPE_KEY) == "image-file"
    return str(cell.get("path", "")) if is_picture else ""
