"""Logged media as HTML for saved notebooks: pictures in data addresses, captions, tables, texts; all text escaped."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from wandb_nb.formatting import clean, number
from wandb_nb.view.picture.contact_sheet import picture_size
from wandb_nb.view.run_text import media_name

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wandb_nb.view.previews.media_previews import MediaCard, PreviewedFile
    from wandb_nb.view.previews.preview import Preview, TableHead

LABEL = "Logged media"
"""The name of the section, by which the page's own writer finds it."""
_SIDE = 128.0
_FRAME_CHARACTERS = 300  # of a card, besides its title and files
_MAX_WIDTH = 600.0  # of tables and texts
_CELL_SIDE = 40.0  # of pictures in tables
_SMOOTH_PIXELS = 64  # pictures with fewer pixels on a side are enlarged as pixels
_MAX_ROWS, _MAX_COLUMNS = 8, 12
_CELL = "padding:1px 10px 1px 0;text-align:left;font-weight:normal"
_HEAD = _CELL.replace("normal", "600")


def media_html(cards: Sequence[MediaCard], most_characters: int) -> str:
    """Return a section with *cards*, without those for which there is no room; empty without cards.

    Each card has at least its first file, and the others as far as its share of *most_characters* allows.
    """
    blocks: list[str] = []
    left = most_characters
    for at, card in enumerate(cards):
        block = _card(card, left // (len(cards) - at))
        left -= len(block)
        if left < 0:
            break
        blocks.append(block)
    if not blocks:
        return ""
    style = "display:flex;flex-wrap:wrap;gap:12px 18px;font-family:system-ui,sans-serif;font-size:12px"
    return f'<section aria-label="{LABEL}" style="{style}">{"".join(blocks)}</section>'


def _card(card: MediaCard, most_characters: int) -> str:
    """Return title and files of a card; files for which there is no room are counted."""
    title = f"<strong>{escape(clean(card.title or card.key))}</strong> · step {escape(number(card.step))}"
    parts: list[str] = []
    left = most_characters - len(title) - _FRAME_CHARACTERS
    for each in card.files:
        part = _file(each, card)
        left -= len(part)
        if left < 0 and parts:
            break
        parts.append(part)
    more = f"<span>+{len(card.files) - len(parts)} more</span>" if len(parts) < len(card.files) else ""
    row = f'<div style="display:flex;flex-wrap:wrap;gap:6px;align-items:flex-end">{"".join(parts)}{more}</div>'
    return f'<div><p style="margin:0 0 4px">{title}</p>{row}</div>'


def _file(each: PreviewedFile, card: MediaCard) -> str:
    file, preview = each
    caption = clean(file["caption"], 200)
    name = media_name(file["kind"])
    if preview is not None and preview.is_picture:
        body = _picture(preview, caption or f"{name} {clean(card.key)}")
    elif preview is not None and preview.table is not None:
        body = _table(preview.table)
    else:
        text = preview.text if preview is not None and preview.text else name
        body = f'<span style="opacity:.8">{escape(text)}</span>'
    words = f"<figcaption>{escape(caption)}</figcaption>" if caption else ""
    widest = _SIDE if preview is not None and preview.is_picture else _MAX_WIDTH
    return f'<figure style="margin:0;max-width:{widest:.0f}px">{body}{words}</figure>'


def _picture(preview: Preview, text: str, side: float = _SIDE) -> str:
    width, height = picture_size(preview, min(side, max(preview.width, preview.height, _SMOOTH_PIXELS)))
    pixels = ";image-rendering:pixelated" if max(preview.width, preview.height) < _SMOOTH_PIXELS else ""
    return (
        f'<img alt="{escape(text)}" width="{width:.0f}" height="{height:.0f}" style="max-width:100%{pixels}" '
        f'src="data:{preview.media_type};base64,{preview.base64}">'
    )


def _table(table: TableHead) -> str:
    """Return the first rows as a table, with the number of all rows below it."""
    head = "".join(f'<th scope="col" style="{_HEAD}">{escape(name)}</th>' for name in table.columns[:_MAX_COLUMNS])
    rows = "".join(f"<tr>{''.join(map(_cell, row[:_MAX_COLUMNS]))}</tr>" for row in table.rows[:_MAX_ROWS])
    count = f"{table.rows_in_all:,} rows, {len(table.columns)} columns"
    return (
        f'<table style="color:inherit;font-size:90%;border-collapse:collapse"><thead><tr>{head}</tr></thead>'
        f"<tbody>{rows}</tbody></table><span>{count}</span>"
    )


def _cell(value: str | Preview) -> str:
    content = escape(value) if isinstance(value, str) else _picture(value, "picture", _CELL_SIDE)
    return f'<td style="{_CELL}">{content}</td>'
