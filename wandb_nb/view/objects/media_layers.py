"""Masks and boxes of logged images: which files a view draws over a picture, and what their classes are called."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal, TypedDict

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_LAYERS = 12  # of one picture
MAX_LABELS = 300  # of one layer
_MAX_NAME = 100  # characters
_DELIMITER = "_wandb_delimeter_"  # spelt so in the format
_FIELDS: dict[LayerKind, tuple[str, str]] = {"mask": ("masks", "all_masks"), "boxes": ("boxes", "all_boxes")}
_LABELS: dict[LayerKind, str] = {"mask": "mask/class_labels", "boxes": "bounding_box/class_labels"}

LayerKind = Literal["mask", "boxes"]


class MediaLayer(TypedDict):
    """One mask or set of boxes of a picture: its name, and the path of its file below `files/`."""

    kind: LayerKind
    name: str
    path: str


class LayerLabels(TypedDict):
    """The names of the classes of one layer, by class id."""

    kind: LayerKind
    name: str
    labels: dict[str, str]


def image_layers(image: Mapping[str, Any]) -> list[MediaLayer]:
    """Return the layers of a single image."""
    return [layer for kind, (field, _) in _FIELDS.items() for layer in _layers(kind, image.get(field))][:MAX_LAYERS]


def listed_layers(images: Mapping[str, Any], at: int) -> list[MediaLayer]:
    """Return the layers of the image at the place *at* in a list of images."""
    layers: list[MediaLayer] = []
    for kind, (_, field) in _FIELDS.items():
        listed = images.get(field)
        if isinstance(listed, list) and at < len(listed):
            layers += _layers(kind, listed[at])
    return layers[:MAX_LAYERS]


def layer_labels(config: Mapping[str, Any], key: str) -> list[LayerLabels]:
    """Return the class labels of all layers of *key*; *config* is the config's `_wandb` entry, from anybody."""
    layers: dict[tuple[LayerKind, str], LayerLabels] = {}
    for kind, field in _LABELS.items():
        for name, labels in _labels_of(config.get(field), key):
            layers[kind, name] = {"kind": kind, "name": name, "labels": labels}
    return list(layers.values())[:MAX_LAYERS]


def _layers(kind: LayerKind, value: Any) -> Iterator[MediaLayer]:
    for name, file in value.items() if isinstance(value, dict) else ():
        path = file.get("path") if isinstance(file, dict) else None
        if isinstance(path, str):
            yield {"kind": kind, "name": str(name)[:_MAX_NAME], "path": path}


def _labels_of(entries: Any, key: str) -> Iterator[tuple[str, dict[str, str]]]:
    """Yield name and labels of the layers of *key*; those of a nested key are stored under its last part."""
    keys = {key, key.rpartition(".")[2]}
    for name, entry in entries.items() if isinstance(entries, dict) else ():
        owner, delimiter, layer = str(name).partition(_DELIMITER)
        value = entry.get("value") if isinstance(entry, dict) else None
        if delimiter and owner in keys and isinstance(value, dict):
            pairs = list(value.items())[:MAX_LABELS]
            yield layer[:_MAX_NAME], {str(each)[:_MAX_NAME]: str(label)[:_MAX_NAME] for each, label in pairs}
