"""The MIME bundle of a comparison: interactive where the view is installed, picture and tables elsewhere."""

from __future__ import annotations

import base64
import json
from html import escape
from typing import TYPE_CHECKING, Any

from wandb_nb.compare import comparison_media, comparison_picture, comparison_text
from wandb_nb.compare.code_diff import code_headers
from wandb_nb.compare.comparison_message import diff_header, overlay
from wandb_nb.compare.headline import headline
from wandb_nb.compare.value_diff import differing
from wandb_nb.formatting import clean
from wandb_nb.view.message.header_fields import COMPARISON_MIME
from wandb_nb.view.run_bundle import CELL, TABLE, bounded, figure, pictures, snapshot_room

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wandb_nb.compare.comparison import Comparison
    from wandb_nb.compare.value_diff import ValueRow
    from wandb_nb.view.message.run_message import Access, Message

_MAX_ROWS, _MAX_CELL = 40, 60
_MAX_PREVIEW_BYTES, _SVG_POINTS = 16_000, 2_000
_MAX_VALUES = 16_000  # characters of all configs, and of all summaries
_TRIES = ((8_000, None), (4_000, None), (2_000, None), (2_000, 12), (1_000, 6), (0, 0))  # points, metrics
_MAX_HTML_CODE, _MAX_TEXT_CODE = 12_000, 8_000
_PRE = "margin:0 0 8px;font-size:85%;line-height:1.35;white-space:pre-wrap;background:none;color:inherit"
# Tints that keep the page's text readable in light and dark themes.
_TINTS = {"-": "background:rgba(224,69,107,.18)", "+": "background:rgba(22,153,107,.18)", "@": "opacity:.7"}


def bundle(comparison: Comparison, accesses: Sequence[Access] | None = None) -> dict[str, Any]:
    """Return the parts of *comparison*: the message for the view, HTML, a PNG in base64, plain text.

    With *accesses*, one per run, a view asks for later rows of the runs and computes the differences itself. The bundle
    has at most 210 kB: if needed, series are downsampled, then left out. Runs with `media` have small copies of their
    newest media, too, and these take 700 kB more at most.
    """
    media = comparison_media.run_cards(comparison)
    cards = [card for cards in media for card in cards]
    full, preview = pictures(lambda points: comparison_picture.build(comparison, points), cards)
    parts: dict[str, Any] = {
        "text/html": html(comparison, preview if len(preview) <= _MAX_PREVIEW_BYTES else b""),
        "image/png": base64.b64encode(full).decode(),
        "text/plain": "\n".join(comparison_text.lines(comparison, code=_MAX_TEXT_CODE)),
    }
    saved = _saved(comparison, accesses, snapshot_room(parts, cards))
    if cards:
        parts["text/html"] += comparison_media.html(media)
        comparison_media.add_to(saved["runs"], comparison, media)
    parts[COMPARISON_MIME] = saved
    return parts


def html(comparison: Comparison, preview: bytes) -> str:
    """Return heading, curves as inline SVG, and tables. There are no scripts or addresses, and all text is escaped."""
    tables = (
        ("Config", comparison.config),
        ("Summary", comparison.summary_values),
        ("Git", comparison.git),
        ("Packages", comparison.packages),
    )
    return (
        '<div style="max-width:100%;font-family:system-ui,sans-serif">'
        f'<p style="margin:0 0 4px"><strong>{escape(headline(comparison))}</strong></p>'
        f"{figure(comparison_picture.build(comparison, _SVG_POINTS), preview)}"
        f"{''.join(_table(title, comparison.labels, rows) for title, rows in tables)}"
        f"{''.join(_code(comparison))}</div>"
    )


def _table(title: str, labels: Sequence[str], rows: Sequence[ValueRow]) -> str:
    """Return the rows that differ as a collapsible table, which is open at first."""
    different = differing(rows)
    if not rows:
        return ""
    same = len(rows) - len(different)
    more = f" ({same} the same)" if same else ""
    if not different:
        return f'<p style="margin:4px 0">{title}: the same</p>'
    heads = "".join(f'<th scope="col" style="{CELL}">{escape(label)}</th>' for label in ("", *labels, ""))
    body = "".join(map(_row, different[:_MAX_ROWS]))
    hidden = f"<p>+{len(different) - _MAX_ROWS} more</p>" if len(different) > _MAX_ROWS else ""
    return (
        f'<details open style="margin:4px 0"><summary>{title}{more}</summary>'
        f'<table style="{TABLE}"><thead><tr>{heads}</tr></thead><tbody>{body}</tbody></table>{hidden}</details>'
    )


def _row(row: ValueRow) -> str:
    header = row.header()
    cells = ["-" if value is None else value for value in (*header["texts"], header["change"] or "")]
    values = "".join(f'<td style="{CELL}">{escape(clean(cell, _MAX_CELL))}</td>' for cell in cells)
    return f'<tr><th scope="row" style="{CELL}">{escape(header["key"])}</th>{values}</tr>'


def _code(comparison: Comparison) -> Iterator[str]:
    if not comparison.code:
        return
    yield '<details open style="margin:4px 0"><summary>Code</summary>'
    for change in code_headers(comparison.code, _MAX_HTML_CODE):
        yield f'<p style="margin:4px 0">{escape(change["title"])} {change["change"]}</p><pre style="{_PRE}">'
        yield "\n".join(_line(line) for line in change["lines"]) + "</pre>"
    yield "</details>"


def _line(line: str) -> str:
    tint = _TINTS.get(line[:1])
    return f'<span style="{tint}">{escape(line)}</span>' if tint else escape(line)


def _saved(comparison: Comparison, accesses: Sequence[Access] | None, room: int) -> dict[str, Any]:
    """Return the message with as many points as fit *room* characters, if needed with fewer metrics or none."""
    runs = [one.message for one in comparison.inputs]
    diff = diff_header(comparison) if accesses is None else None
    keys = [*comparison_picture.chart_keys(comparison), *comparison.keys]
    snapshot: dict[str, Any] = {}
    for points, most in _TRIES:
        snapshot = overlay(runs, points, keys[:most], diff, comparison.legend).to_json()
        if accesses is not None:
            snapshot["accesses"] = list(accesses)
            _add_values(snapshot["runs"], runs)
        if len(json.dumps(snapshot)) <= room:
            break
    return snapshot


def _add_values(headers: list[dict[str, Any]], runs: Sequence[Message]) -> None:
    """Give each run's header what a view cannot compute: config and summary, and the names of media that fit."""
    limit = _MAX_VALUES // len(runs)
    for header, run in zip(headers, runs, strict=True):
        header["config"] = bounded(run.header["config"], limit)
        header["summary"] = bounded(run.header["summary"], limit)
        if len(json.dumps([run.header["media"], run.header["plots"]])) <= limit:
            header["media"], header["plots"] = run.header["media"], run.header["plots"]
