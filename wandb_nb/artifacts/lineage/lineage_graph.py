"""The graph around one version: the runs that made and used it, their other versions, and so on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from wandb_nb.artifacts.store.lineage_files import LOGGED, USED
from wandb_nb.artifacts.store.stored_version import StoredVersion
from wandb_nb.artifacts.version_name import parse_version_name
from wandb_nb.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wandb_nb.artifacts.store.stored_version import LineageRun
    from wandb_nb.artifacts.version_source import VersionSource

LineageItem: TypeAlias = "StoredVersion | LineageRun"
Neighbours: TypeAlias = "Callable[[LineageItem, bool], Iterable[LineageItem]]"
"""Returns what is next to an item: what led to it (True), or what followed from it (False)."""
ARTIFACT, RUN = "artifact", "run"
MAX_NODES = 40
MAX_DEPTH = 6
"""Steps from the version, each over one run or artifact."""


@dataclass(frozen=True)
class LineageNode:
    """A version or run (*kind*), named by its path; *rank* is negative for what led to the version in the middle."""

    kind: str
    path: str
    label: str
    detail: str
    rank: int


@dataclass
class LineageGraph:
    """Nodes by their path, and edges from cause to effect; *is_cut* if there is more."""

    center: str
    nodes: dict[str, LineageNode] = field(default_factory=dict)
    edges: list[tuple[str, str]] = field(default_factory=list)
    is_cut: bool = False

    def before(self, path: str) -> list[LineageNode]:
        """Return what leads to the node *path*."""
        return [self.nodes[source] for source, target in self.edges if target == path]

    def after(self, path: str) -> list[LineageNode]:
        """Return what follows from the node *path*."""
        return [self.nodes[target] for source, target in self.edges if source == path]


def lineage_graph(version: StoredVersion, source: VersionSource) -> LineageGraph:
    """Return the graph around *version* as *source* has it, whose errors it raises."""
    return build_graph(version, lambda item, is_before: _neighbours(item, source, is_before=is_before))


def build_graph(version: StoredVersion, neighbours: Neighbours) -> LineageGraph:
    """Return the graph around *version*: up to MAX_NODES nodes, the nearest first."""
    graph = LineageGraph(version.qualified_name)
    graph.nodes[version.qualified_name] = _artifact_node(version, 0)
    for direction in (-1, 1):
        waiting: list[LineageItem] = [version]
        for depth in range(1, MAX_DEPTH + 1):
            rank = depth * direction
            waiting = [each for item in waiting for each in _add_neighbours(graph, item, neighbours, rank)]
    return graph


def _add_neighbours(graph: LineageGraph, item: LineageItem, neighbours: Neighbours, rank: int) -> list[LineageItem]:
    """Add what is next to *item* in the direction of *rank*, and return what was not in the graph yet."""
    path = _path(item)
    added = []
    for each in neighbours(item, rank < 0):
        other = _path(each)
        edge = (other, path) if rank < 0 else (path, other)
        if other not in graph.nodes:
            if len(graph.nodes) >= MAX_NODES:
                graph.is_cut = True
                continue
            graph.nodes[other] = _node(each, rank)
            added.append(each)
        if edge not in graph.edges:
            graph.edges.append(edge)
    return added


def _neighbours(item: LineageItem, source: VersionSource, *, is_before: bool) -> Iterable[LineageItem]:
    if not isinstance(item, StoredVersion):
        return _versions(
            (edge.qualified_name for edge in source.run_edges(item, USED if is_before else LOGGED)), source
        )
    if is_before and item.source:
        return _versions([item.source], source)
    return source.runs(item, LOGGED if is_before else USED)


def _versions(names: Iterable[str], source: VersionSource) -> list[StoredVersion]:
    versions = []
    for name in names:
        try:
            versions.append(source.find(parse_version_name(name)))
        except ArtifactError:  # noqa: PERF203 -- deleted, or a name from elsewhere
            continue
    return versions


def _node(item: LineageItem, rank: int) -> LineageNode:
    if isinstance(item, StoredVersion):
        return _artifact_node(item, rank)
    return LineageNode(RUN, item.path, item.name or item.id, "run", rank)


def _artifact_node(version: StoredVersion, rank: int) -> LineageNode:
    return LineageNode(ARTIFACT, version.qualified_name, f"{version.name}:{version.version}", version.type, rank)


def _path(item: LineageItem) -> str:
    return item.qualified_name if isinstance(item, StoredVersion) else item.path
