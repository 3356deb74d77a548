"""A lineage graph as indented lines."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wandb_nb.artifacts.lineage.lineage_graph import ARTIFACT
from wandb_nb.formatting import clean

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wandb_nb.artifacts.lineage.lineage_graph import LineageGraph, LineageNode

_BEFORE = {ARTIFACT: "made by", "run": "which used"}
_AFTER = {ARTIFACT: "used by", "run": "which logged"}
_INDENT = "  "


def lineage_lines(graph: LineageGraph) -> list[str]:
    """Return the lines: what led to the version, then what followed from it. Safe in a terminal."""
    center = graph.nodes[graph.center]
    lines = [_name(center), *_walk(graph, center, 1, is_before=True), *_walk(graph, center, 1, is_before=False)]
    return [*lines, "(more is left out)"] if graph.is_cut else lines


def _walk(graph: LineageGraph, node: LineageNode, depth: int, *, is_before: bool) -> Iterator[str]:
    words = _BEFORE if is_before else _AFTER
    for other in graph.before(node.path) if is_before else graph.after(node.path):
        is_link = node.kind == other.kind
        word = ("a link to" if is_before else "linked as") if is_link else words[node.kind]
        yield f"{_INDENT * depth}{word} {_name(other)}"
        if (other.rank < 0) == is_before and abs(other.rank) == depth:  # each node's own lines once
            yield from _walk(graph, other, depth + 1, is_before=is_before)


def _name(node: LineageNode) -> str:
    if node.kind == ARTIFACT:
        return f"{clean(node.path, 200)} ({clean(node.detail)})"
    return f"run {clean(node.label)} ({clean(node.path, 200)})"
