"""A scene as inline SVG for an HTML page, light or dark.

Text and rules have the page's text colour (`currentColor`), and the background is transparent, so the picture fits the
theme of the page without style sheets or scripts. In HTML an `<svg>` needs no namespace, so the markup contains no
address.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

from wandb_nb.view.picture.primitives import Dot, Picture, Polyline, Rects, Rule

if TYPE_CHECKING:
    from wandb_nb.view.picture.primitives import Mark, Scene, Text

# Opacity of the page's text colour: "soft" keeps 4.5:1 on white, #111111 and #1e1e1e.
_TEXT = {"ink": "1", "soft": ".72", "grid": ".15"}
_FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,sans-serif"


def render(scene: Scene, fallback: str = "") -> str:
    """Return the `<svg>` element: one line per panel, all texts escaped, no scripts, links or references.

    *fallback* is HTML for pages that remove SVG elements but keep their content. It replaces the description, which
    is never drawn.
    """
    title, description = escape(scene.title), fallback or escape(scene.description)
    size = f'viewBox="0 0 {scene.width:.0f} {scene.height:.0f}" width="{scene.width:.0f}" height="{scene.height:.0f}"'
    parts = [
        f'<svg role="img" aria-label="{title}" {size} style="max-width:100%;height:auto;{_FONT}" fill="currentColor">',
        f"<title>{title}</title><desc>{description}</desc>",
        _group(scene.marks),
        *(_group(panel.marks) for panel in scene.panels),
        "</svg>",
    ]
    return "\n".join(parts)


def _group(marks: list[Mark]) -> str:
    return "<g>" + "".join(map(_mark, marks)) + "</g>"


def _mark(mark: Mark) -> str:
    if isinstance(mark, Polyline):
        return _polyline(mark)
    if isinstance(mark, Rule):
        ends = f'x1="{mark.x1:.4g}" y1="{mark.y1:.4g}" x2="{mark.x2:.4g}" y2="{mark.y2:.4g}"'
        return f'<line {ends} stroke="currentColor" stroke-opacity="{_TEXT[mark.paint]}"/>'
    if isinstance(mark, Dot):
        return f'<circle cx="{mark.x:.4g}" cy="{mark.y:.4g}" r="{mark.radius:g}" fill="{mark.paint}"{_opacity(mark)}/>'
    if isinstance(mark, Picture):
        return ""
    return _rects(mark) if isinstance(mark, Rects) else _text(mark)


def _polyline(mark: Polyline) -> str:
    points = " ".join(f"{x:.1f},{y:.1f}" for x, y in mark.points.tolist())
    dash = f' stroke-dasharray="{" ".join(map(str, mark.dash))}"' if mark.dash else ""
    stroke = f'stroke="{mark.paint}" stroke-width="{mark.width:g}" stroke-linejoin="round"'
    return f'<polyline points="{points}" fill="none" {stroke}{dash}{_opacity(mark)}/>'


def _rects(mark: Rects) -> str:
    path = "".join(
        f"M{x:.1f} {y:.1f}h{width:.1f}v{height:.1f}h{-width:.1f}z" for x, y, width, height in mark.rects.tolist()
    )
    return f'<path d="{path}" fill="{mark.paint}" shape-rendering="crispEdges"{_opacity(mark)}/>'


def _opacity(mark: Polyline | Dot | Rects) -> str:
    return "" if mark.opacity == 1 else f' opacity="{mark.opacity:g}"'


def _text(mark: Text) -> str:
    anchor = "" if mark.anchor == "start" else f' text-anchor="{mark.anchor}"'
    weight = ' font-weight="600"' if mark.bold else ""
    soft = "" if mark.paint == "ink" else f' fill-opacity="{_TEXT[mark.paint]}"'
    place = f'x="{mark.x:.4g}" y="{mark.y:.4g}" font-size="{mark.size:g}"'
    return f"<text {place}{anchor}{weight}{soft}>{escape(mark.text)}</text>"
