"""The MIME bundle of one output: a run as live view, HTML, picture and text, of bounded size."""

from __future__ import annotations

import base64
import json
from html import escape
from typing import TYPE_CHECKING, Any

from wandb_nb.formatting import clean
from wandb_nb.view import run_text
from wandb_nb.view.media_html import media_html
from wandb_nb.view.message.header_fields import MIME
from wandb_nb.view.message.run_header import StaticRun
from wandb_nb.view.message.run_message import plain, strict_json
from wandb_nb.view.message.run_stream import RunStream
from wandb_nb.view.objects.logged_versions import MAX_SAVED_VERSIONS
from wandb_nb.view.picture import svg
from wandb_nb.view.picture.contact_sheet import with_contact_sheet
from wandb_nb.view.picture.scene import build, text_curves
from wandb_nb.view.previews.saved_media import saved_previews, saved_series

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from wandb_nb.store.reading.run_state import RunState
    from wandb_nb.view.message.run_message import Access, Message
    from wandb_nb.view.picture.primitives import Scene
    from wandb_nb.view.previews.media_previews import MediaCard
    from wandb_nb.view.previews.plot_preview import PlotData
    from wandb_nb.view.previews.saved_media import SavedMedia

# A notebook has one panel of a run, and a line of 2 kB under each other cell that logs: at most 300 kB together.
MAX_BYTES = 205_000
_MAX_PNG_BYTES = 60_000
# Small copies of media come on top: at most 700 kB in its three forms, with those in the snapshot.
_MAX_MEDIA_HTML = 170_000
_MAX_MEDIA_PNG_BYTES = 150_000
_MEDIA_TRIES = ((12, 2), (12, 1), (6, 1), (2, 1), (1, 1))  # pictures of each metric and scale
_MAX_SHEET_CARDS = 48
_MAX_PREVIEW_BYTES = 20_000  # of the picture in the HTML
_PREVIEW_POINTS = 1_000
_SVG_POINTS = 3_000
_MAX_POINTS = 8_000
_MAX_TREE_BYTES = 16_000
_MAX_ROWS = 40
_MAX_PLOTS = 6
_MAX_SPEC = 6_000  # characters of a Vega spec
TABLE = "color:inherit;font-size:90%;border-collapse:collapse"
CELL = "padding:1px 12px 1px 0;text-align:left;font-weight:normal"


def bundle(
    run: RunStream | RunState,
    access: Access | None,
    widget_view: Mapping[str, Any] | None = None,
    media: SavedMedia | None = None,
) -> dict[str, Any]:
    """Return the MIME bundle of *run*: snapshot, HTML with inline SVG, a PNG in base64, and plain text.

    With *access* a view asks the Jupyter server for later rows; None for a run that is only in this output.
    *widget_view* is added as `application/vnd.jupyter.widget-view+json`. The bundle has at most 210 kB, whatever the
    size of the run: series are downsampled if needed, then left out. With *media* it has small copies of the run's
    media, too, and 700 kB more at most.
    """
    source = _source(run)
    message = source.snapshot(_MAX_POINTS, media.steps if media else 1)
    cards = media.cards(message.header) if media else []
    plots = media.plots(message.header) if media else {}
    newest = [card for card in _newest(cards) if card.key not in plots]
    drawn = list(plots.values())
    picture, preview = pictures(lambda points: build(message, points, plots=drawn), newest)
    charts = html(message, preview, drawn)
    parts: dict[str, Any] = {"text/html": charts, "image/png": base64.b64encode(picture).decode()}
    parts["text/plain"] = plain_text(message)
    if widget_view is not None:
        parts["application/vnd.jupyter.widget-view+json"] = dict(widget_view)
    snapshot = _snapshot(source, access, snapshot_room(parts, newest))
    if newest:
        parts["text/html"] = charts + media_html(newest, _MAX_MEDIA_HTML)
    if cards:
        snapshot["previews"] = saved_previews(cards)
        snapshot["media"] = plain(saved_series(message.header["media"] or [], snapshot["previews"]))
    parts[MIME] = snapshot
    return parts


def snapshot_room(parts: Mapping[str, Any], cards: Sequence[MediaCard]) -> int:
    """Return the bytes that are left for the snapshot; a picture with *cards* counts as the largest of charts only."""
    counted = {**parts, "image/png": "" if cards else parts["image/png"]}
    return MAX_BYTES - len(json.dumps(counted)) - (_MAX_PNG_BYTES * 4 // 3 if cards else 0)


def _newest(cards: Iterable[MediaCard]) -> list[MediaCard]:
    """Return the newest card of each metric."""
    newest: dict[str, MediaCard] = {}
    for card in cards:
        newest.setdefault(card.key, card)
    return list(newest.values())


def pictures(scene_of: Callable[[int], Scene], cards: Sequence[MediaCard] = ()) -> tuple[bytes, bytes]:
    """Return the PNG file of a scene, with *cards* below it, and a small one without them for the HTML."""
    from wandb_nb.view.picture import png  # Pillow is imported with the first picture

    picture = _with_media(scene_of(6_000), cards) if cards else png.fitting(scene_of, _MAX_PNG_BYTES)
    if not cards and len(picture) <= _MAX_PREVIEW_BYTES:
        return picture, picture
    return picture, png.render(scene_of(_PREVIEW_POINTS), scale=1)


def _with_media(scene: Scene, cards: Sequence[MediaCard]) -> bytes:
    """Return the PNG file of charts and contact sheet: with fewer and smaller pictures, then cards, if too large."""
    from wandb_nb.view.picture import png  # as above

    cards = cards[:_MAX_SHEET_CARDS]
    tries = [(len(cards), *each) for each in _MEDIA_TRIES]
    tries += [(len(cards) >> halvings, 1, 1) for halvings in range(1, len(cards).bit_length() + 1)]
    data = b""
    for count, most_pictures, scale in tries:
        data = png.render(with_contact_sheet(scene, cards[:count], most_pictures), scale)
        if len(data) <= _MAX_PNG_BYTES + _MAX_MEDIA_PNG_BYTES:
            break
    return data


def html(message: Message, picture: bytes, plots: Sequence[PlotData] = ()) -> str:
    """Return heading, inline SVG and a small table, without scripts, addresses or global styles.

    *plots* are drawn after the charts of metrics.
    """
    run, scene = message.header["run"], build(message, _SVG_POINTS, titled=False, plots=plots)
    rows = "".join(
        f'<tr><th scope="row" style="{CELL}">{escape(name)}</th><td style="{CELL}">{escape(value)}</td></tr>'
        for name, value in (line.split("\t", 1) for line in _latest(message))
    )
    table = f'<table style="{TABLE}"><tbody>{rows}</tbody></table>' if rows else ""
    return (
        f'<div style="max-width:100%;font-family:system-ui,sans-serif">'
        f'<p style="margin:0 0 4px"><strong>{escape(run_text.headline(run))}</strong></p>'
        f"{figure(scene, picture)}"
        f'<details style="margin:4px 0"><summary>Latest values</summary>{table}</details>'
        f"{_remarks(run['remarks'])}</div>"
    )


def _remarks(remarks: Sequence[str] | None) -> str:
    """Return the remarks on repeating the run, closed, as HTML."""
    if remarks is None:
        return ""
    items = "".join(f"<li>{escape(remark)}</li>" for remark in remarks)
    summary = escape(run_text.remarks_text(len(remarks)))
    if not remarks:
        return f'<p style="margin:4px 0">{summary}</p>'
    return f'<details style="margin:4px 0"><summary>{summary}</summary><ul style="margin:0">{items}</ul></details>'


def figure(scene: Scene, picture: bytes) -> str:
    """Return *scene* as inline SVG with the PNG *picture* as its fallback, if there is one.

    The PNG is in the description of the SVG, which is never drawn; it appears on pages that remove SVG elements. Such
    pages keep the text of removed elements, here the labels of the axes. A font size of 0 hides it; the texts of the
    SVG have their own sizes. (A picture hidden by `display: none` would stay hidden in JupyterLab's untrusted
    notebooks, which keep that style and remove the SVG.)
    """
    if not picture:
        return f'<div style="font-size:0">{svg.render(scene)}</div>'
    fallback = (
        f'<img alt="{escape(scene.description)}" width="{scene.width:.0f}" style="max-width:100%" '
        f'src="data:image/png;base64,{base64.b64encode(picture).decode()}">'
    )
    return f'<div style="font-size:0">{svg.render(scene, fallback)}</div>'


def plain_text(message: Message) -> str:
    """Return the run as text: headline, then sparkline and trend of each metric, and the newest media of each key."""
    media = [f"{key}  {words}" for key, words in _media(message)]
    return "\n".join(
        [run_text.headline(message.header["run"]), *run_text.finish_lines(text_curves(message), _MAX_ROWS), *media]
    )


def _latest(message: Message) -> list[str]:
    """Return name and trend of each metric, then name and newest media of each key, separated by a tab."""
    curves = text_curves(message)
    lines = [
        f"{(name := clean(curve.key))}\t{run_text.trend(curve).removeprefix(name)}" for curve in curves[:_MAX_ROWS]
    ]
    more = [f"…\t+{len(curves) - _MAX_ROWS} more metrics"] if len(curves) > _MAX_ROWS else []
    return [*lines, *more, *("\t".join(pair) for pair in _media(message))]


def _media(message: Message) -> list[tuple[str, str]]:
    """Return name and newest media of each key with media."""
    media = message.header.get("media") or []
    return [(clean(one["key"]), run_text.newest_media(one)) for one in media if one["rows"]]


def _source(run: RunStream | RunState) -> RunStream | StaticRun:
    return run if isinstance(run, RunStream) else StaticRun(run)


def _snapshot(source: RunStream | StaticRun, access: Access | None, most_bytes: int) -> dict[str, Any]:
    """Return the snapshot with as many points as fit *most_bytes*, or without series if too few fit."""
    points = _MAX_POINTS
    while True:
        message = source.snapshot(points)
        header = message.header
        header["config"], header["summary"] = bounded(header["config"]), bounded(header["summary"])
        header["metrics"] = (header["metrics"] or [])[:_MAX_ROWS]
        saved_keys = {series["key"] for series in header["media"] or []}
        saved_plots = [plot for plot in header["plots"] or [] if len(plot.get("vega", "")) <= _MAX_SPEC]
        header["plots"] = [plot for plot in saved_plots if plot["table"] in saved_keys][:_MAX_PLOTS]
        header["artifacts"] = (header["artifacts"] or [])[-MAX_SAVED_VERSIONS:]
        header["media"] = saved_series(header["media"] or [], (), _MAX_TREE_BYTES)
        room = most_bytes - len(strict_json([header, access]))
        encoded = len(message.blob) * 4 // 3 + 100
        snapshot = message.to_json(access, "f8" if encoded <= room else "f4")
        if len(snapshot["data"]) + 100 <= room:
            return snapshot
        if points == 1:
            emptied = ("series", "heatmaps", "texts", "media", "plots", "artifacts")
            return {**snapshot, **{name: [] for name in emptied}, "data": ""}
        points = max(1, min(points // 2, points * 2 * max(room, 0) // encoded))


def bounded(tree: dict[str, Any] | None, limit: int = _MAX_TREE_BYTES) -> dict[str, Any]:
    """Return *tree* without the entries that exceed *limit* characters in a notebook."""
    entries: dict[str, Any] = {}
    left = limit
    for key, value in (tree or {}).items():
        size = len(json.dumps({key: value}))
        if size <= left:
            entries[key] = value
            left -= size
    return entries
