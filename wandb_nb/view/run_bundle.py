"""The MIME bundle of one output: one run as live view, HTML, picture and text, of bounded size."""

from __future__ import annotations

import base64
import json
from html import escape
from typing import TYPE_CHECKING, Any

from wandb_nb.formatting import clean
from wandb_nb.view import run_text
from wandb_nb.view.message.run_header import StaticRun
from wandb_nb.view.message.run_message import MIME, strict_json
from wandb_nb.view.message.run_stream import RunStream
from wandb_nb.view.picture import svg
from wandb_nb.view.picture.scene import build, text_curves

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wandb_nb.store.reading.run_state import RunState
    from wandb_nb.view.message.run_message import Access, Message, RunHeader
    from wandb_nb.view.picture.primitives import Scene

# A notebook holds one output of a run and one picture in the place that the panel left: 300 kB together at most.
MAX_BYTES = 205_000
_MAX_PNG_BYTES = 60_000
_MAX_PREVIEW_BYTES = 20_000  # of the picture inside the HTML
_PREVIEW_POINTS = 1_000
_SVG_POINTS = 3_000
_MAX_POINTS = 8_000
_MAX_TREE_BYTES = 16_000
_MAX_ROWS = 40
TABLE = "color:inherit;font-size:90%;border-collapse:collapse"
CELL = "padding:1px 12px 1px 0;text-align:left;font-weight:normal"


def bundle(
    run: RunStream | RunState, access: Access | None, widget_view: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the MIME bundle that shows *run*: its snapshot, HTML with inline SVG, a PNG in base64, and plain text.

    *access* lets a view ask the Jupyter server for what came later; None for a run that only this output tells of.
    *widget_view* is added as `application/vnd.jupyter.widget-view+json`. The whole is at most 210 kB, however long
    the run, however many its metrics and however large its config: what does not fit is thinned out, then left out.
    """
    source = _source(run)
    message = source.snapshot(_MAX_POINTS)
    picture, light = pictures(lambda points: build(message, points))
    parts: dict[str, Any] = {
        "text/html": html(message, light),
        "image/png": base64.b64encode(picture).decode(),
        "text/plain": plain_text(message),
    }
    if widget_view is not None:
        parts["application/vnd.jupyter.widget-view+json"] = dict(widget_view)
    parts[MIME] = _snapshot(source, access, MAX_BYTES - len(json.dumps(parts)))
    return parts


def pictures(scene_of: Callable[[int], Scene]) -> tuple[bytes, bytes]:
    """Return the PNG file of the scene with so many points, and a light one to go inside HTML."""
    from wandb_nb.view.picture import png  # Pillow is imported when the first picture is made

    picture = png.fitting(scene_of, _MAX_PNG_BYTES)
    return picture, picture if len(picture) <= _MAX_PREVIEW_BYTES else png.render(scene_of(_PREVIEW_POINTS), scale=1)


def line_bundle(facts: RunHeader, note: str = "") -> dict[str, Any]:
    """Return the bundle of one compact line: name, state and facts; with *note*, what stays true: name and note."""
    lasting = [facts["name"] or facts["id"], facts["project"], clean(note, 200)]
    line = " · ".join(clean(part, 200) for part in lasting if part) if note else run_text.headline(facts)
    return {"text/html": f'<div style="font-size:90%">{escape(line)}</div>', "text/plain": line}


def html(message: Message, picture: bytes) -> str:
    """Return heading, inline SVG and a small table, with no script, address or style that reaches beyond it."""
    run, scene = message.header["run"], build(message, _SVG_POINTS, titled=False)
    rows = "".join(
        f'<tr><th scope="row" style="{CELL}">{escape(name)}</th><td style="{CELL}">{escape(value)}</td></tr>'
        for name, value in (line.split("\t", 1) for line in _latest(message))
    )
    table = f'<table style="{TABLE}"><tbody>{rows}</tbody></table>' if rows else ""
    return (
        f'<div style="max-width:100%;font-family:system-ui,sans-serif">'
        f'<p style="margin:0 0 4px"><strong>{escape(run_text.headline(run))}</strong></p>'
        f"{figure(scene, picture)}"
        f'<details style="margin:4px 0"><summary>Latest values</summary>{table}</details></div>'
    )


def figure(scene: Scene, picture: bytes) -> str:
    """Return *scene* as inline SVG that brings its PNG *picture* along; without one, only its description.

    The PNG *picture* shows where a page takes SVG out: it lies inside the SVG's description, which is never drawn,
    and comes to light when the elements around it go. Pages that remove elements keep their text, here the labels of
    the axes; a font size of 0 hides it, and SVG's texts have sizes of their own. (A picture hidden by `display: none`
    would stay hidden in JupyterLab's untrusted notebooks, which keep that style and drop the SVG.)
    """
    if not picture:
        return f'<div style="font-size:0">{svg.render(scene)}</div>'
    instead = (
        f'<img alt="{escape(scene.description)}" width="{scene.width:.0f}" style="max-width:100%" '
        f'src="data:image/png;base64,{base64.b64encode(picture).decode()}">'
    )
    return f'<div style="font-size:0">{svg.render(scene, instead)}</div>'


def plain_text(message: Message) -> str:
    """Return the run as text: its line, then for each metric a sparkline and its trend."""
    return "\n".join(
        [run_text.headline(message.header["run"]), *run_text.finish_lines(text_curves(message), _MAX_ROWS)]
    )


def _latest(message: Message) -> list[str]:
    """Return name and trend of each metric, with a tab between."""
    curves = text_curves(message)
    lines = [
        f"{(name := clean(curve.key))}\t{run_text.trend(curve).removeprefix(name)}" for curve in curves[:_MAX_ROWS]
    ]
    return lines if len(curves) <= _MAX_ROWS else [*lines, f"…\t+{len(curves) - _MAX_ROWS} more metrics"]


def _source(run: RunStream | RunState) -> RunStream | StaticRun:
    return run if isinstance(run, RunStream) else StaticRun(run)


def _snapshot(source: RunStream | StaticRun, access: Access | None, most_bytes: int) -> dict[str, Any]:
    """Return the snapshot with as many points as fit *most_bytes*; no series when even few points do not fit."""
    points = _MAX_POINTS
    while True:
        message = source.snapshot(points)
        header = message.header
        header["config"], header["summary"] = _bounded(header["config"]), _bounded(header["summary"])
        header["metrics"] = (header["metrics"] or [])[:_MAX_ROWS]
        room = most_bytes - len(strict_json([header, access]))
        encoded = len(message.blob) * 4 // 3 + 100
        found = message.to_json(access, "f8" if encoded <= room else "f4")
        if len(found["data"]) + 100 <= room:
            return found
        if points == 1:
            return {**found, "series": [], "data": ""}
        points = max(1, min(points // 2, points * 2 * max(room, 0) // encoded))


def _bounded(tree: dict[str, Any] | None) -> dict[str, Any]:
    """Return *tree* without the entries that would make it larger than a notebook should carry."""
    kept: dict[str, Any] = {}
    left = _MAX_TREE_BYTES
    for key, value in (tree or {}).items():
        size = len(json.dumps({key: value}))
        if size <= left:
            kept[key] = value
            left -= size
    return kept
