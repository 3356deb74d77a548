"""`Graph`: the layers of a model and what connects them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb.data.clean_json import clean_json
from wandb_nb.data.media_content import MediaContent
from wandb_nb.data.media_value import Media
from wandb_nb.errors import MediaError
from wandb_nb.store.format.json_value import to_json

if TYPE_CHECKING:
    from collections.abc import Callable

NODE_FIELDS = (
    *("name", "id", "class_name", "size", "parameters", "output_shape", "is_output", "num_parameters"),
    "node",
)


class Node:
    """One layer, or one operation: its fields as attributes; absent ones are None."""

    def __init__(  # noqa: PLR0917 -- the documented signature
        self,
        id: Any = None,  # noqa: A002 -- the documented name
        name: str | None = None,
        class_name: str | None = None,
        size: Any = None,
        parameters: Any = None,
        output_shape: Any = None,
        is_output: bool | None = None,
        num_parameters: int | None = None,
        node: Any = None,
    ) -> None:
        self.id, self.name, self.class_name, self.size = id, name, class_name, size
        self.parameters, self.output_shape = parameters, output_shape
        self.is_output, self.num_parameters, self.node = is_output, num_parameters, node

    def as_dict(self) -> dict[str, Any]:
        """Return the fields that are set."""
        fields = {name: getattr(self, name) for name in NODE_FIELDS if name != "node"}
        return {name: value for name, value in fields.items() if value is not None}

    def __repr__(self) -> str:
        return repr(self.as_dict())


class Graph(Media):
    """The graph of a model: nodes by their id, and edges between them."""

    log_type, folder, suffix = "graph-file", "graph", "graph.json"

    def __init__(self, format: str = "keras") -> None:  # noqa: A002 -- the documented name
        super().__init__()
        self.format = format
        self.nodes: list[Node] = []
        self.nodes_by_id: dict[Any, Node] = {}
        self.edges: list[tuple[Node, Node]] = []

    def __getitem__(self, node_id: Any) -> Node:
        return self.nodes_by_id[node_id]

    def add_node(self, node: Node | None = None, **fields: Any) -> Node:
        """Add a node, or make one of the given fields, and return it."""
        node = Node(**fields) if node is None else node
        if node.id is None:
            node.id = len(self.nodes)
        self.nodes.append(node)
        self.nodes_by_id[node.id] = node
        return node

    def add_edge(self, from_node: Any, to_node: Any) -> tuple[Node, Node]:
        """Connect two nodes, given themselves or by their ids.

        Raises:
            MediaError: There is no node of that id.

        """
        edge = self._node(from_node), self._node(to_node)
        self.edges.append(edge)
        return edge

    @classmethod
    def from_keras(cls, model: Any) -> Graph:
        """Return the layers of a Keras model, each connected to the layers that its inputs come from."""
        graph = cls()
        layers = {layer.name: layer for layer in model.layers}
        for layer in model.layers:
            graph.add_node(_keras_node(layer))
        previous = None
        for layer in model.layers:
            sources = _keras_sources(layer) & layers.keys()
            for source in sorted(sources) or ([previous] if previous else []):
                graph.add_edge(source, layer.name)
            previous = layer.name
        return graph

    def _node(self, node: Any) -> Node:
        if isinstance(node, Node):
            return node
        if node not in self.nodes_by_id:
            raise MediaError(f"the graph has no node {node!r}: add it with add_node(id={node!r})")
        return self.nodes_by_id[node]

    @property
    def content(self) -> MediaContent:
        """The graph as JSON, as it is now."""
        nodes = [node.as_dict() for node in self.nodes]
        edges = [[start.id, end.id] for start, end in self.edges]
        return MediaContent(to_json({"format": self.format, "nodes": nodes, "edges": edges}, "graph").encode())

    def clean_content(self, clean: Callable[[Any, str], Any], name: str) -> MediaContent:
        """Return the graph without secrets."""
        return clean_json(self.content, clean, name)


def _keras_node(layer: Any) -> Node:
    shape = getattr(layer, "output_shape", None) or getattr(getattr(layer, "output", None), "shape", None)
    return Node(
        id=layer.name,
        name=layer.name,
        class_name=type(layer).__name__,
        output_shape=None if shape is None else [None if each is None else int(each) for each in shape],
        num_parameters=int(layer.count_params()) if getattr(layer, "built", False) else None,
    )


def _keras_sources(layer: Any) -> set[str]:
    """Return the names of the layers whose outputs *layer* takes."""
    nodes: Any = getattr(layer, "_inbound_nodes", None) or getattr(layer, "inbound_nodes", ())
    names: set[str] = set()
    for node in nodes:
        for tensor in getattr(node, "input_tensors", ()):
            names.add(getattr(getattr(getattr(tensor, "_keras_history", None), "operation", None), "name", ""))
    return names - {""}
