"""`wandb.data_types` and `wandb.sdk.data_types`: the classes of values that are logged, as the package has them."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from wandb_nb.compat.alias_table import submodule

_NAMES = frozenset({
    "Audio", "BatchableMedia", "Bokeh", "BoundingBoxes2D", "Classes", "EvalTable", "Graph", "Histogram", "Html",
    "Image", "ImageMask", "JoinedTable", "Media", "Molecule", "Node", "Object3D", "PartitionedTable", "Plotly",
    "Table", "Trace", "Video", "WBTraceTree", "WBValue", "box3d",
})  # fmt: skip


def __getattr__(name: str) -> Any:
    """Return a class, or a module below `wandb.sdk.data_types`.

    Raises:
        AttributeError: There is neither.

    """
    if name in _NAMES:
        return getattr(import_module("wandb_nb"), name)
    if name == "util":  # diffusion_policy takes `generate_id` from wandb.sdk.data_types.video.util
        return submodule("wandb", name)
    return submodule("wandb.sdk.data_types.base_types" if name == "wb_value" else "wandb.sdk.data_types", name)
