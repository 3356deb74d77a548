"""A lineage graph as SVG: from left to right, versions as boxes, runs as rounded ones, in the colours of the page."""

from __future__ import annotations

from collections import defaultdict
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from wandb_nb.artifacts.lineage.lineage_graph import ARTIFACT, MAX_DEPTH
from wandb_nb.artifacts.lineage.lineage_text import lineage_lines
from wandb_nb.formatting import clean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wandb_nb.artifacts.lineage.lineage_graph import LineageGraph, LineageNode

_WIDTH, _HEIGHT = 168, 38  # of a node, in pixels
_GAP_X, _GAP_Y, _MARGIN = 44, 14, 8
_MAX_LABEL = 22  # characters that fit a node
_ARROW = 6


class _Corner(NamedTuple):
    x: float
    y: float


def lineage_svg(graph: LineageGraph) -> str:
    """Return the picture; every text in it is escaped, and its alternative text has the whole graph."""
    corners = _layout(graph)
    width = max(corner.x for corner in corners.values()) + _WIDTH + _MARGIN
    height = max(corner.y for corner in corners.values()) + _HEIGHT + _MARGIN
    parts = [_edge(corners[source], corners[target], corners.values()) for source, target in graph.edges]
    parts += [_node(node, corners[path], is_center=path == graph.center) for path, node in graph.nodes.items()]
    alternative = escape(f"Lineage of {'; '.join(line.strip() for line in lineage_lines(graph))}", quote=True)
    return (
        f'<svg role="img" aria-label="{alternative}" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}" fill="none" stroke="currentColor" '
        f'font-family="system-ui,sans-serif" font-size="12">{"".join(parts)}</svg>'
    )


def _layout(graph: LineageGraph) -> dict[str, _Corner]:
    """Return the upper left corner of each node: one column per rank, its nodes centred."""
    columns: defaultdict[int, list[str]] = defaultdict(list)
    for path, rank in _ranks(graph).items():
        columns[rank].append(path)
    tallest = max(map(len, columns.values()))
    corners = {}
    for column, (_, paths) in enumerate(sorted(columns.items())):
        offset = (tallest - len(paths)) * (_HEIGHT + _GAP_Y) / 2
        for position, path in enumerate(paths):
            x = _MARGIN + column * (_WIDTH + _GAP_X)
            corners[path] = _Corner(x, _MARGIN + offset + position * (_HEIGHT + _GAP_Y))
    return corners


def _ranks(graph: LineageGraph) -> dict[str, int]:
    """Return the rank of each node, moved away from the middle so that edges point to the right.

    Of a cycle (a run that logs what it used) one edge points to the left.
    """
    ranks = {path: node.rank for path, node in graph.nodes.items()}
    for _ in range(MAX_DEPTH):
        for source, target in graph.edges:
            if 0 < ranks[target] <= ranks[source]:
                ranks[target] = ranks[source] + 1
            elif ranks[target] <= ranks[source] < 0:
                ranks[source] = ranks[target] - 1
    return ranks


def _edge(source: _Corner, target: _Corner, corners: Iterable[_Corner]) -> str:
    """Return a curve from the right side of one node to the left side of another, with an arrow at its end.

    It passes below the nodes of the columns in between where it would cross one.
    """
    x1, y1, x2, y2 = source.x + _WIDTH, source.y + _HEIGHT / 2, target.x, target.y + _HEIGHT / 2
    between = [corner.y for corner in corners if source.x < corner.x < target.x]
    if any(y < max(y1, y2) and min(y1, y2) < y + _HEIGHT for y in between):
        lane = max(between) + _HEIGHT + _GAP_Y / 2
        line = f"{_bend(x1, y1, x1 + _GAP_X, lane)}H{x2 - _GAP_X:g}{_bend(x2 - _GAP_X, lane, x2 - _ARROW, y2)}"
    else:
        line = _bend(x1, y1, x2 - _ARROW, y2)
    arrow = f"M{x2:g} {y2:g}l{-_ARROW} {-_ARROW / 2:g}v{_ARROW}z"
    return (
        f'<path d="M{x1:g} {y1:g}{line}" opacity=".5"/>'
        f'<path d="{arrow}" fill="currentColor" stroke="none" opacity=".5"/>'
    )


def _bend(x1: float, y1: float, x2: float, y2: float) -> str:
    """Return the curve between two points that is level at both."""
    middle = (x1 + x2) / 2
    return f"C{middle:g} {y1:g} {middle:g} {y2:g} {x2:g} {y2:g}"


def _node(node: LineageNode, corner: _Corner, *, is_center: bool) -> str:
    radius = 4 if node.kind == ARTIFACT else _HEIGHT / 2
    weight, shade = (2, ".14") if is_center else (1, ".05")
    box = (
        f'<rect x="{corner.x:g}" y="{corner.y:g}" width="{_WIDTH}" height="{_HEIGHT}" rx="{radius:g}" '
        f'fill="currentColor" fill-opacity="{shade}" stroke-width="{weight}"/>'
    )
    x, texts = corner.x + _WIDTH / 2, (clean(node.label, _MAX_LABEL), clean(node.detail, _MAX_LABEL))
    lines = (
        f'<text x="{x:g}" y="{corner.y + 16:g}">{escape(texts[0])}</text>'
        f'<text x="{x:g}" y="{corner.y + 31:g}" font-size="10" opacity=".7">{escape(texts[1])}</text>'
    )
    title = escape(clean(node.path, 200))
    return f'<g><title>{title}</title>{box}<g text-anchor="middle" fill="currentColor" stroke="none">{lines}</g></g>'
