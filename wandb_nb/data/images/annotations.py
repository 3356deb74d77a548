"""Masks and boxes of a picture: each kind by name, each a small file of its own; labels go to the config."""

from __future__ import annotations

import json
import os
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from wandb_nb.data.images.png_encoder import encode_png
from wandb_nb.data.media_content import MediaContent
from wandb_nb.data.media_value import Media, unsuitable
from wandb_nb.errors import MediaError
from wandb_nb.store.format.array_value import plain_array
from wandb_nb.store.format.json_value import to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wandb_nb.data.media_store import MediaTarget

DELIMITER = "_wandb_delimeter_"  # spelt so in the format
_CORNERS, _CENTRE = ("minX", "maxX", "minY", "maxY"), ("middle", "width", "height")


class ImageMask(Media):
    """One layer of class ids over a picture: `{"mask_data": 2-D integers, "class_labels": {id: name}}`, or a `path`.

    Raises:
        MediaError: There is neither a `mask_data` nor a `path`.

    """

    log_type, folder, labels_key = "mask", "images/mask", "mask/class_labels"

    def __init__(self, val: Mapping[str, Any], key: str) -> None:
        super().__init__()
        self._name = key
        if not isinstance(val, dict) or (val.get("mask_data") is None and val.get("path") is None):
            raise MediaError(f"the mask {key!r} has neither mask_data nor path: give {{'mask_data': 2-D integers}}")
        self._labels = val.get("class_labels")
        self._path: str | None = None if val.get("mask_data") is not None else os.fspath(val["path"])
        self._data = None if self._path is not None else _ids(val["mask_data"], key)

    @property
    def suffix(self) -> str:
        """`mask.png`, or the end of the given file's name."""
        return "mask.png" if self._path is None else PurePath(self._path).suffix.lstrip(".") or "png"

    def to_row(self, target: MediaTarget) -> dict[str, Any]:
        """Store the mask, and its labels in the config."""
        _store_labels(target, self.labels_key, self._name, self.labels)
        return super().to_row(target)

    @property
    def labels(self) -> dict[int, str]:
        """The names of the class ids: those that were given, else `class_<id>`."""
        return {int(key): str(name) for key, name in (self._labels or self._default_labels()).items()}

    def _encode(self) -> MediaContent:
        if self._path is not None:
            return MediaContent(path=self._path)
        return MediaContent(encode_png(self._data, "L"))

    def _default_labels(self) -> dict[int, str]:
        import numpy as np  # masks are not on the way of plain rows

        return {} if self._data is None else {int(each): f"class_{each}" for each in np.unique(self._data)}


class BoundingBoxes2D(Media):
    """Boxes over a picture: `{"box_data": [{"position": …, "class_id": …}, …], "class_labels": {id: name}}`.

    A position has minX, maxX, minY and maxY, or middle, width and height, in parts of the picture, or in pixels with
    `"domain": "pixel"`. A box may have a `box_caption` and `scores`.

    Raises:
        MediaError: A box has no class id, position or numeric scores.

    """

    log_type, folder, labels_key, suffix = "boxes2D", "metadata/boxes2D", "bounding_box/class_labels", "boxes2D.json"

    def __init__(self, val: Mapping[str, Any], key: str) -> None:
        super().__init__()
        self._name = key
        if not isinstance(val, dict) or not isinstance(val.get("box_data", ()), (list, tuple)):
            raise MediaError(
                f"the boxes {key!r} have no list: give {{'box_data': [{{'position': ..., 'class_id': 0}}]}}"
            )
        self._boxes = [_checked_box(box, key) for box in val.get("box_data", ())]
        self._labels = val.get("class_labels")

    def to_row(self, target: MediaTarget) -> dict[str, Any]:
        """Store the boxes, and their labels in the config."""
        _store_labels(target, self.labels_key, self._name, self.labels)
        boxes = self.boxes(target.store.clean)
        labels = {"class_labels": target.store.clean(_by_text(self._labels), self._name)} if self._labels else {}
        text = json.dumps({"box_data": boxes, **labels}, separators=(",", ":"))
        return {"_type": self.log_type, **target.file(MediaContent(text.encode()), self.folder, self.suffix)}

    def boxes(self, clean: Callable[[Any, str], Any]) -> Any:
        """Return the boxes as JSON without secrets."""
        return clean(json.loads(to_json(self._boxes, self._name)), self._name)

    @property
    def labels(self) -> dict[int, str]:
        """The names of the class ids: those that were given, else `class_<id>`."""
        default = {box["class_id"]: f"class_{box['class_id']}" for box in self._boxes}
        return {int(key): str(name) for key, name in (self._labels or default).items()}

    @property
    def score_keys(self) -> list[str]:
        """The names of the scores."""
        return sorted({key for box in self._boxes for key in box.get("scores") or {}})


def _checked_box(box: Any, key: str) -> dict[str, Any]:
    position = box.get("position") if isinstance(box, dict) else None
    if not isinstance(position, dict) or not any(
        all(name in position for name in form) for form in (_CORNERS, _CENTRE)
    ):
        raise MediaError(
            f"a box of {key!r} has no position: give {{'position': {{'minX', 'maxX', 'minY', 'maxY'}}}} or middle, "
            "width and height"
        )
    if not isinstance(box.get("class_id"), int) and not hasattr(box.get("class_id"), "__index__"):
        raise MediaError(f"a box of {key!r} has no whole number as class_id: give {{'class_id': 0}}")
    scores = box.get("scores") or {}
    if not isinstance(scores, dict) or not all(hasattr(score, "__float__") for score in scores.values()):
        raise MediaError(f"a box of {key!r} has scores that are not numbers: give {{'scores': {{'iou': 0.5}}}}")
    return dict(box)


def _ids(data: Any, key: str) -> Any:
    import numpy as np  # as above

    array = np.array(plain_array(data))
    if array.ndim == 3 and 1 in (array.shape[0], array.shape[-1]):  # noqa: PLR2004 -- one channel is a plane
        array = array.reshape(array.shape[1:] if array.shape[0] == 1 else array.shape[:2])
    if array.ndim != 2 or array.dtype.kind not in "biuf" or not array.size:  # noqa: PLR2004 -- a plane
        got = f"an array of {array.dtype} and shape {array.shape}"
        raise unsuitable(f"the mask {key!r}", got, "class ids from 0 to 255 of shape (height, width)")
    return array.astype(np.uint8)


def _by_text(labels: Mapping[Any, Any] | None) -> dict[str, str]:
    return {str(key): str(name) for key, name in (labels or {}).items()}


def _store_labels(target: MediaTarget, kind: str, name: str, labels: Mapping[Any, Any]) -> None:
    """Put the labels of the layer *name* where pages look for them."""
    if labels:
        key = f"{target.key}{DELIMITER}{target.text(name, '')}"
        target.store.add_config(kind, key, {"type": kind, "key": key, "value": _by_text(labels)})
