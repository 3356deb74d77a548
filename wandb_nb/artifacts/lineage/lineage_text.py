"""A lineage graph as a tree of steps, and as indented lines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wandb_nb.artifacts.lineage.lineage_graph import ARTIFACT
from wandb_nb.formatting import clean

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wandb_nb.artifacts.lineage.lineage_graph import LineageGraph, LineageNode

_BEFORE = {ARTIFACT: "made by", "run": "which used"}
_AFTER = {ARTIFACT: "used by", "run": "which logged"}
_INDENT = "  "


@dataclass(frozen=True)
class LineageStep:
    """A step from one node of a graph to *node*: how they are connected, and the steps that continue from there."""

    relation: str
    node: LineageNode
    steps: Sequence[LineageStep]


def lineage_steps(graph: LineageGraph) -> list[LineageStep]:
    """Return the steps from the version in the middle: to what led to it, then to what followed from it."""
    center = graph.nodes[graph.center]
    return [*_walk(graph, center, 1, is_before=True), *_walk(graph, center, 1, is_before=False)]


def lineage_lines(graph: LineageGraph) -> list[str]:
    """Return the steps as lines that are safe in a terminal."""
    lines = [_name(graph.nodes[graph.center]), *_lines(lineage_steps(graph), 1)]
    return [*lines, "(more is left out)"] if graph.is_cut else lines


def _lines(steps: Sequence[LineageStep], depth: int) -> Iterator[str]:
    for step in steps:
        yield f"{_INDENT * depth}{step.relation} {_name(step.node)}"
        yield from _lines(step.steps, depth + 1)


def _walk(graph: LineageGraph, node: LineageNode, depth: int, *, is_before: bool) -> Iterator[LineageStep]:
    words = _BEFORE if is_before else _AFTER
    for other in graph.before(node.path) if is_before else graph.after(node.path):
        is_link = node.kind == other.kind
        relation = ("a link to" if is_before else "linked as") if is_link else words[node.kind]
        is_own = (other.rank < 0) == is_before and abs(other.rank) == depth  # each node's own steps once
        yield LineageStep(relation, other, [*_walk(graph, other, depth + 1, is_before=is_before)] if is_own else [])


def _name(node: LineageNode) -> str:
    if node.kind == ARTIFACT:
        return f"{clean(node.path, 200)} ({clean(node.detail)})"
    return f"run {clean(node.label)} ({clean(node.path, 200)})"
