"""`Object3D` and `box3d`: point clouds, scenes with boxes, and files of 3D models."""

from __future__ import annotations

import os
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from wandb_nb.data.clean_json import clean_json
from wandb_nb.data.media_content import MediaContent
from wandb_nb.data.media_value import BatchableMedia, file_content, unsuitable
from wandb_nb.errors import MediaError
from wandb_nb.store.format.array_value import plain_array
from wandb_nb.store.format.json_value import to_json

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from wandb_nb.data.media_store import MediaTarget

FILE_TYPES = ("obj", "gltf", "glb", "babylon", "stl", "pts.json")
POINTS = "pts.json"
SCENE_TYPE = "lidar/beta"
ACCEPTED = "an array of (points, 3), (points, 4) with categories 1 to 14, or (points, 6) with colours; a scene; a path"
_COLUMNS = (3, 4, 6)


class Object3D(BatchableMedia):
    """A 3D object to be logged: points, a scene, a path, or an open file with *file_type*.

    Points are an array of (n, 3), of (n, 4) with a category from 1 to 14, or of (n, 6) with red, green and blue. A
    scene is `{"type": "lidar/beta", "points": …, "boxes": […], "vectors": […]}`. Files are obj, gltf, glb, babylon, stl
    or pts.json.

    Raises:
        MediaError: The type of the file or of the scene is not possible.

    """

    log_type, folder = "object3D-file", "object3D"

    def __init__(self, data_or_path: Any, caption: str | None = None, file_type: str | None = None) -> None:
        super().__init__(caption)
        self._suffix, self._is_scene = POINTS, isinstance(data_or_path, dict)
        if isinstance(data_or_path, (str, os.PathLike)):
            path = os.fspath(data_or_path)
            self._suffix = _checked((file_type or "").lower() or _file_type(path))
            self._take(lambda: file_content(path, "a 3D object"))
        elif hasattr(data_or_path, "read"):
            self._suffix = _checked((file_type or "").lower() or _file_type(str(getattr(data_or_path, "name", ""))))
            self._take(lambda: _read(data_or_path))
        elif self._is_scene:
            if data_or_path.get("type") != SCENE_TYPE:
                raise MediaError(f"a scene of type {data_or_path.get('type')!r} is not possible: give {SCENE_TYPE!r}")
            self._take(lambda: _scene(data_or_path))
        else:
            self._take(lambda: _points(data_or_path))

    @classmethod
    def from_file(cls, data_or_path: Any, file_type: str | None = None) -> Object3D:
        """Return the object in a file."""
        return cls(data_or_path, file_type=file_type)

    @classmethod
    def from_numpy(cls, data: Any) -> Object3D:
        """Return the points of an array."""
        return cls(data)

    @classmethod
    def from_point_cloud(
        cls,
        points: Any,
        boxes: Sequence[Mapping[str, Any]] = (),
        vectors: Sequence[Mapping[str, Any]] | None = None,
        point_cloud_type: str = SCENE_TYPE,
    ) -> Object3D:
        """Return a scene of points, boxes (see `box3d`) and vectors."""
        return cls({"type": point_cloud_type, "points": points, "boxes": boxes, "vectors": vectors})

    @property
    def suffix(self) -> str:
        """The type of the file."""
        return self._suffix

    def clean_content(self, clean: Callable[[Any, str], Any], name: str) -> MediaContent:
        """Return the object, and a scene without secrets in its labels."""
        return clean_json(self.content, clean, name) if self._is_scene else self.content

    @classmethod
    def list_to_row(cls, values: Sequence[Object3D], target: MediaTarget) -> dict[str, Any]:
        """Store the objects, and return the JSON of their list."""
        rows = [each.to_row(target) for each in values]
        names = [PurePath(row["path"]).name for row in rows]
        return {"_type": "object3D", "filenames": names, "count": len(rows), "objects": rows}


def box3d(
    *,
    center: Any,
    size: Any,
    orientation: Any,
    color: Sequence[int],
    label: str | None = None,
    score: float | None = None,
) -> dict[str, Any]:
    """Return a box of a scene: *center*, *size* along its axes, and *orientation*, a quaternion (w, x, y, z).

    Raises:
        MediaError: One of these has the wrong number of values.

    """
    import numpy as np  # boxes are not on the way of plain rows

    values = {"center": (center, 3), "size": (size, 3), "orientation": (orientation, 4), "color": (color, 3)}
    for name, (value, count) in values.items():
        if np.shape(value) != (count,):
            raise MediaError(f"box3d({name}=) takes {count} numbers, got {np.shape(value)}")
    w, x, y, z = np.asarray(orientation, float)
    turned = np.array(
        [
            [1 - 2 * (y * y + z * z), 2 * (x * y - z * w), 2 * (x * z + y * w)],
            [2 * (x * y + z * w), 1 - 2 * (x * x + z * z), 2 * (y * z - x * w)],
            [2 * (x * z - y * w), 2 * (y * z + x * w), 1 - 2 * (x * x + y * y)],
        ]
    )
    signs = np.array([[i, j, k] for i in (-0.5, 0.5) for j in (-0.5, 0.5) for k in (-0.5, 0.5)])
    corners = np.asarray(center, float) + (signs * np.asarray(size, float)) @ turned.T
    box: dict[str, Any] = {"corners": corners.tolist(), "color": [int(each) for each in color]}
    options = {"label": label, "score": score}
    return box | {name: value for name, value in options.items() if value is not None}


def _file_type(path: str) -> str:
    name = path.lower()
    return next((kind for kind in FILE_TYPES if name.endswith(f".{kind}")), PurePath(name).suffix.lstrip("."))


def _checked(file_type: str) -> str:
    if file_type not in FILE_TYPES:
        raise MediaError(f"Object3D() of a file of type {file_type!r} is not possible: give {', '.join(FILE_TYPES)}")
    return file_type


def _read(file: Any) -> MediaContent:
    data = file.read()
    return MediaContent(data if isinstance(data, bytes) else str(data).encode())


def _points(data: Any) -> MediaContent:
    import numpy as np  # as above

    array = plain_array(data)
    if array.ndim != 2 or array.shape[1] not in _COLUMNS or array.dtype.kind not in "iuf":  # noqa: PLR2004 -- a table
        raise unsuitable("a 3D object", f"{type(data).__name__} of shape {np.shape(array)}", ACCEPTED)
    return MediaContent(to_json(array.tolist(), "points").encode())


def _scene(data: Mapping[str, Any]) -> MediaContent:
    parts = {name: _plain(data.get(name)) for name in ("vectors", "points", "boxes")}
    return MediaContent(to_json({"type": SCENE_TYPE, **parts}, "scene").encode())


def _plain(value: Any) -> Any:
    """Return arrays inside *value* as lists, however long; None is an empty list."""
    if value is None:
        return []
    if isinstance(value, dict):
        return {key: _plain(each) for key, each in value.items()}
    if hasattr(value, "__array__"):
        value = plain_array(value).tolist()
    return [_plain(each) for each in value] if isinstance(value, (list, tuple)) else value
