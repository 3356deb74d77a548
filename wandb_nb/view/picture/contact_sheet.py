"""Logged media below the charts of a picture: small pictures with captions, first rows of tables, texts."""

from __future__ import annotations

from dataclasses import replace
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from wandb_nb.formatting import clean, number
from wandb_nb.view.picture.chart import CHAR
from wandb_nb.view.picture.primitives import Mark, PanelFrame, Picture, Rule, Text
from wandb_nb.view.picture.scene import GAP, MARGIN
from wandb_nb.view.run_text import media_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wandb_nb.view.picture.primitives import Scene
    from wandb_nb.view.previews.media_previews import MediaCard, PreviewedFile
    from wandb_nb.view.previews.preview import Preview, TableHead

SIDE = 96.0
_CELL, _TITLE_ROW, _CAPTION_ROW, _TEXT_ROW = SIDE + 10, 18.0, 13.0, 13.0
_MAX_TABLE_ROWS, _MAX_TABLE_COLUMNS, _MAX_CELL_CHARACTERS = 6, 8, 24
_CELL_SIDE = 28.0  # of a picture in a table
_MAX_LINES = 4
_FONT, _TITLE_FONT = 9.0, 11.0
_MAX_TITLE = 2 * _CELL  # of the width that a title alone takes


class _Block(NamedTuple):
    """One thing on the sheet: its size, and its marks as if it were at the origin."""

    width: float
    height: float
    marks: list[Mark]


def with_contact_sheet(scene: Scene, cards: Sequence[MediaCard], most_pictures: int) -> Scene:
    """Return *scene* with *cards* below it, each with at most *most_pictures* pictures in a row of their own.

    The cards of one key, those of compared runs, are in one line if they fit.
    """
    room = scene.width - 2 * MARGIN
    x, y, tallest = MARGIN, scene.height, 0.0
    panels: list[PanelFrame] = []
    for _, group in groupby(cards, key=lambda card: card.key):
        blocks = [_card_block(card, room, most_pictures) for card in group]
        width = sum(block.width + GAP for block in blocks) - GAP
        for at, block in enumerate(blocks):
            needed = width if at == 0 and width <= room else block.width
            if x > MARGIN and x + needed > scene.width - MARGIN:
                x, y, tallest = MARGIN, y + tallest + GAP, 0.0
            marks = [_moved(mark, x, y) for mark in block.marks]
            panels.append(PanelFrame(x, y, block.width, block.height, marks))
            x, tallest = x + block.width + GAP, max(tallest, block.height)
    return replace(scene, height=y + tallest + GAP, panels=[*scene.panels, *panels])


def picture_size(preview: Preview, side: float = SIDE) -> tuple[float, float]:
    """Return width and height of a picture whose longer side is *side*."""
    factor = side / max(preview.width, preview.height)
    return max(1.0, preview.width * factor), max(1.0, preview.height * factor)


def _card_block(card: MediaCard, room: float, most_pictures: int) -> _Block:
    pictures = [each for each in card.files if each.preview is not None and each.preview.is_picture]
    others = [each for each in card.files if each.preview is None or not each.preview.is_picture]
    parts = [*_picture_rows(pictures[:most_pictures], room), *(_document(each, room) for each in others[:2])]
    hidden = len(pictures[most_pictures:]) + len(others[2:])
    if hidden:
        parts.append(_text_block([f"+{hidden} more"], room))
    title = f"{clean(card.title or card.key, 40)} · step {number(card.step)}"
    title_width = min(_MAX_TITLE, len(title) * _TITLE_FONT * CHAR)
    width = min(room, max([SIDE, title_width, *(part.width for part in parts)]))
    marks: list[Mark] = [
        Text(0, 11, clean(title, int(width / _TITLE_FONT / CHAR + 0.01)), _TITLE_FONT, "ink", bold=True)
    ]
    y = _TITLE_ROW
    for part in parts:
        marks += [_moved(mark, 0, y) for mark in part.marks]
        y += part.height + 4
    return _Block(width, y, marks)


def _picture_rows(pictures: Sequence[PreviewedFile], room: float) -> list[_Block]:
    """Return *pictures* in rows that fit *room*, each with its caption."""
    in_row = max(1, int(room // _CELL))
    return [_picture_row(pictures[at : at + in_row]) for at in range(0, len(pictures), in_row)]


def _picture_row(pictures: Sequence[PreviewedFile]) -> _Block:
    marks: list[Mark] = []
    height = 0.0
    for at, (file, preview) in enumerate(pictures):
        assert preview is not None  # noqa: S101 -- the caller has chosen those with pictures
        across, down = picture_size(preview)
        marks.append(Picture(at * _CELL, 0, across, down, preview.data))
        if file["caption"]:
            words = clean(file["caption"], int(SIDE / _FONT / CHAR))
            marks.append(Text(at * _CELL, down + 10, words, _FONT, "soft"))
        height = max(height, down + (_CAPTION_ROW if file["caption"] else 0))
    return _Block(len(pictures) * _CELL, height, marks)


def _document(each: PreviewedFile, room: float) -> _Block:
    """Return the rows of a table, the text of a page, else what the file is."""
    file, preview = each
    if preview is not None and preview.table is not None:
        return _table_block(preview.table, room)
    words = preview.text if preview is not None and preview.text else ""
    name = media_name(file["kind"])
    return _text_block([*([file["caption"]] if file["caption"] else []), words or name], min(room, 4 * _CELL))


def _text_block(paragraphs: Sequence[str], width: float) -> _Block:
    characters = max(8, int(width / _FONT / CHAR))
    lines = [
        line[at : at + characters]
        for line in (clean(each, characters * _MAX_LINES) for each in paragraphs)
        for at in range(0, len(line), characters)
    ]
    marks: list[Mark] = [Text(0, 10 + row * _TEXT_ROW, line, _FONT, "soft") for row, line in enumerate(lines)]
    longest = max((len(line) for line in lines), default=0)
    return _Block(longest * _FONT * CHAR, len(lines) * _TEXT_ROW, marks)


def _table_block(table: TableHead, room: float) -> _Block:
    """Return head and first rows, as many columns as fit *room*, and how many rows there are in all."""
    rows = table.rows[:_MAX_TABLE_ROWS]
    has_pictures = any(not isinstance(cell, str) for row in rows for cell in row)
    row_height = _CELL_SIDE + 4 if has_pictures else _TEXT_ROW
    marks: list[Mark] = []
    x = 0.0
    for column, name in enumerate(table.columns[:_MAX_TABLE_COLUMNS]):
        cells = [row[column] for row in rows]
        width = max(map(_cell_width, (name, *cells)))
        if x and x + width > room:
            break
        marks.append(Text(x, 10, clean(name, _MAX_CELL_CHARACTERS), _FONT, "ink", bold=True))
        marks += [_cell(cell, x, _TEXT_ROW + at * row_height, row_height) for at, cell in enumerate(cells)]
        x += width
    height = _TEXT_ROW + len(rows) * row_height
    marks.append(Rule(0, _TEXT_ROW, x, _TEXT_ROW))
    marks.append(Text(0, height + 10, f"{table.rows_in_all:,} rows, {len(table.columns)} columns", _FONT, "soft"))
    return _Block(max(x, 130.0), height + _TEXT_ROW, marks)


def _cell_width(cell: str | Preview) -> float:
    if not isinstance(cell, str):
        return _CELL_SIDE + 12
    return len(clean(cell, _MAX_CELL_CHARACTERS)) * _FONT * CHAR + 12


def _cell(cell: str | Preview, x: float, y: float, height: float) -> Mark:
    if isinstance(cell, str):
        return Text(x, y + height / 2 + 3.5, clean(cell, _MAX_CELL_CHARACTERS), _FONT, "soft")
    across, down = picture_size(cell, _CELL_SIDE)
    return Picture(x, y + 2, across, down, cell.data)


def _moved(mark: Mark, x: float, y: float) -> Mark:
    """Return a mark of a block, moved by *x* and *y*."""
    if isinstance(mark, Rule):
        return replace(mark, x1=mark.x1 + x, y1=mark.y1 + y, x2=mark.x2 + x, y2=mark.y2 + y)
    if isinstance(mark, (Text, Picture)):
        return replace(mark, x=mark.x + x, y=mark.y + y)
    return mark
