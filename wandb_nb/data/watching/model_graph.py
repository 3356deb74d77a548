"""The layers of a torch model in the order in which one batch passes them, as a `Graph`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb.data.files.graph import Graph, Node

if TYPE_CHECKING:
    from collections.abc import Callable


class GraphRecorder:
    """Records the layers of *model* with its next batch, gives *done* the graph, and removes its hooks."""

    def __init__(self, model: Any, done: Callable[[Graph], None], report: Callable[[str], None]) -> None:
        self._done, self._report = done, report
        self._graph = Graph("torch")
        leaves = [(name, module) for name, module in model.named_modules() if not list(module.children())]
        self._handles = [
            module.register_forward_hook(self._layer_hook(name or type(module).__name__)) for name, module in leaves
        ]
        self._handles.append(model.register_forward_hook(self._finish))

    def remove(self) -> None:
        """Remove every hook."""
        for handle in self._handles:
            handle.remove()
        self._handles = []

    def _layer_hook(self, name: str) -> Callable[..., None]:
        def hook(module: Any, _inputs: Any, output: Any) -> None:
            if name in self._graph.nodes_by_id:  # a layer that is used twice
                return
            previous = self._graph.nodes[-1] if self._graph.nodes else None
            node = self._graph.add_node(_layer_node(name, module, output))
            if previous is not None:
                self._graph.add_edge(previous, node)

        return hook

    def _finish(self, _module: Any, _inputs: Any, _output: Any) -> None:
        self.remove()
        try:
            self._done(self._graph)
        except Exception as error:  # noqa: BLE001 -- a hook runs inside the user's training
            self._report(f"the graph of the model was not stored ({type(error).__name__}: {error})")


def _layer_node(name: str, module: Any, output: Any) -> Node:
    parameters = [(key, list(each.shape)) for key, each in module.named_parameters(recurse=False)]
    shape = getattr(output, "shape", None)
    return Node(
        id=name,
        name=name,
        class_name=str(module),
        parameters=parameters or None,
        output_shape=None if shape is None else list(shape),
        num_parameters=sum(each.numel() for each in module.parameters(recurse=False)) or None,
    )
