"""`Image`: a picture with its masks, boxes and caption."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from wandb_nb.data.images.annotations import BoundingBoxes2D, ImageMask
from wandb_nb.data.images.classes import Classes, classes_file
from wandb_nb.data.images.pixels import ACCEPTED, array_copy, mode_of, to_bytes
from wandb_nb.data.images.png_encoder import COLOUR_TYPES, encode_png
from wandb_nb.data.media_content import MediaContent
from wandb_nb.data.media_value import BatchableMedia, caption_list, file_content, unsuitable
from wandb_nb.data.tables.column_types import image_type
from wandb_nb.errors import MediaError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wandb_nb.data.artifact_contents import ArtifactContents
    from wandb_nb.data.media_store import MediaTarget

MAX_ITEMS = 108
"""Pictures of a list that are stored, as the official client does."""
MAX_DIMENSION = 65500
"""Pixels of one side."""
FILE_TYPES = ("png", "jpg", "jpeg", "bmp")
_NATIVE_MODES = {"png": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"), "bmp": ("1", "L", "P", "RGB", "RGBA")}
_OPTIONS = ("_caption", "_grouping", "_masks", "_boxes", "classes")  # of an image made of another one, its own win
_JPEG_MODES = ("L", "RGB")


class Image(BatchableMedia):
    """A picture to be logged.

    Args:
        data_or_path: An array (height, width) or (height, width, 1, 3 or 4), a tensor (channels first), a PIL image,
            a matplotlib figure, another `Image`, the path of a file (stored as it is), or the bytes of one.
        mode: Pillow's name of the colours to convert to, such as "L".
        caption: The text shown with it.
        grouping: How many pictures of a list belong together.
        classes: The class labels, `Classes` or its list.
        boxes: Boxes by name, see `BoundingBoxes2D`.
        masks: Masks by name, see `ImageMask`.
        file_type: "png" (by default), "jpg", "jpeg" or "bmp".
        normalize: Whether floats from 0 to 1, or from -1 to 1, are scaled to the whole range.

    The data is copied: what happens to it later does not change the picture.

    Raises:
        MediaError: *file_type*, a mask or a box is not possible. A picture that cannot be encoded is reported by
            `log()` instead.

    """

    log_type, folder = "image-file", "images"

    def __init__(  # noqa: PLR0917 -- the documented signature
        self,
        data_or_path: Any,
        mode: str | None = None,
        caption: str | None = None,
        grouping: int | None = None,
        classes: Classes | Sequence[Mapping[str, Any]] | None = None,
        boxes: Mapping[str, Any] | None = None,
        masks: Mapping[str, Any] | None = None,
        file_type: str | None = None,
        normalize: bool = True,
    ) -> None:
        super().__init__(caption)
        if file_type is not None and file_type not in FILE_TYPES:
            raise MediaError(f"file_type={file_type!r} is not possible: give one of {', '.join(FILE_TYPES)}")
        self.format = file_type or "png"
        self._mode, self._grouping, self._normalize = mode, grouping, normalize
        self.classes = classes if classes is None or isinstance(classes, Classes) else Classes(classes)
        self._boxes = _layers(BoundingBoxes2D, boxes, "boxes={'predictions': {'box_data': [...]}}")
        self._masks = _layers(ImageMask, masks, "masks={'predictions': {'mask_data': 2-D integers}}")
        self._source: Any = None
        self._size: tuple[int, int] | None = None
        try:
            self._take_data(data_or_path)
        except MediaError as error:  # reported with its key once it is logged
            self._error = error
        except Exception as error:  # noqa: BLE001 -- foreign classes may raise anything
            self._error = unsuitable("an image", f"{type(data_or_path).__name__} ({error})", ACCEPTED)

    @property
    def suffix(self) -> str:
        """The format: that of the given file, else `file_type`."""
        return self.format

    @property
    def image(self) -> Any:
        """The picture as a PIL image of its own."""
        from PIL import Image as PillowImage  # takes long to import

        if self._error is not None:
            raise self._error
        if self._source is None:
            with PillowImage.open(self._open()) as image:
                image.load()
                return image
        return self._source if hasattr(self._source, "save") else PillowImage.fromarray(self._pixels())

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels."""
        if self._size is None:
            if self._source is None or hasattr(self._source, "save"):
                self._size = self._file_size() if self._source is None else self._source.size
            else:
                self._size = self._source.shape[1], self._source.shape[0]
        return self._size

    def details(self, target: MediaTarget) -> dict[str, Any]:
        """Return size, format, grouping, masks and boxes."""
        width, height = self.size
        layers = {
            name: {key: layer.to_row(target) for key, layer in layers.items()}
            for name, layers in (("masks", self._masks), ("boxes", self._boxes))
            if layers
        }
        grouping = {} if self._grouping is None else {"grouping": self._grouping}
        return {"format": self.format, "width": width, "height": height, **grouping, **layers}

    def column_type(self) -> dict[str, Any]:
        """Return the type of a column of such pictures: their layers and labels."""
        boxes, masks = self._boxes, self._masks
        names = [*(boxes[key].labels for key in boxes), *(masks[key].labels for key in masks)]
        labels = {str(key): name for each in names for key, name in each.items()}
        labels |= {str(key): name for key, name in (self.classes.labels if self.classes else {}).items()}
        return image_type(
            {key: sorted(mask.labels) for key, mask in masks.items()},
            {key: _by_text(mask.labels) for key, mask in masks.items()},
            box_layers={key: sorted(each.labels) for key, each in boxes.items()},
            box_class_maps={key: _by_text(each.labels) for key, each in boxes.items()},
            box_score_keys=sorted({key for each in boxes.values() for key in each.score_keys}),
            class_map=labels,
        )

    def to_artifact(self, contents: ArtifactContents, clean: Callable[[Any, str], Any]) -> dict[str, Any]:
        """Put the picture and its layers into *contents*, and return the JSON that names them there."""
        width, height = self.size
        value = {**super().to_artifact(contents, clean), "format": self.format, "width": width, "height": height}
        if self._masks:
            value["masks"] = {clean(key, ""): mask.to_artifact(contents, clean) for key, mask in self._masks.items()}
        if self._boxes:
            value["boxes"] = {clean(key, ""): boxes.boxes(clean) for key, boxes in self._boxes.items()}
        labels = self.column_type()["params"]["class_map"]["params"]["val"]
        return {**value, "classes": classes_file(labels, contents, clean)} if labels else value

    @classmethod
    def list_to_row(cls, values: Sequence[Image], target: MediaTarget) -> dict[str, Any]:
        """Store the pictures, and return the JSON of their list."""
        rows = [image.to_row(target) for image in values[:MAX_ITEMS]]
        layers = {
            f"all_{name}": [row.get(name) for row in rows]
            for name in ("masks", "boxes")
            if any(name in row for row in rows)
        }
        first = {name: rows[0][name] for name in ("width", "height", "format")}
        names = {"count": len(rows), "filenames": [row["path"] for row in rows]}
        return {"_type": "images/separated", **first, **names, **caption_list(values[:MAX_ITEMS]), **layers}

    def _take_data(self, data: Any) -> None:
        """Take what the picture is made of, in a form that later changes do not reach."""
        if isinstance(data, Image):
            own = {name: value for name in _OPTIONS if (value := vars(self)[name])}
            vars(self).update({**vars(data), **own})
        elif isinstance(data, (str, os.PathLike)):
            self._take_path(os.fspath(data))
        elif isinstance(data, (bytes, bytearray)) or hasattr(data, "read"):
            self._content = MediaContent(bytes(data if isinstance(data, (bytes, bytearray)) else data.read()))
            self.format = self._detected_format()
        elif hasattr(data, "savefig"):
            self._content = MediaContent(_rendered(data))
            self.format = "png"
        elif hasattr(data, "getbands"):
            self._source = data.copy()
        else:
            self._source = array_copy(data)

    def _take_path(self, path: str) -> None:
        self._content = file_content(path, "an image")
        self.format = PurePath(path).suffix.lstrip(".") or self._detected_format()

    def _open(self) -> Any:
        content = self.content
        return io.BytesIO(content.data) if content.data is not None else content.path

    def _detected_format(self) -> str:
        from PIL import Image as PillowImage  # takes long to import

        try:
            with PillowImage.open(self._open()) as image:
                return {"JPEG": "jpg"}.get(str(image.format), str(image.format).lower())
        except (OSError, PillowImage.DecompressionBombError) as error:
            raise MediaError(f"the bytes are not a picture that Pillow can read ({error}): give {ACCEPTED}") from error

    def _file_size(self) -> tuple[int, int]:
        from PIL import Image as PillowImage  # takes long to import

        try:
            with PillowImage.open(self._open()) as image:
                width, height = image.size
                return width, height
        except (OSError, PillowImage.DecompressionBombError) as error:
            raise MediaError(f"the file is not a picture that Pillow can read: {error}") from error

    def _pixels(self) -> Any:
        return to_bytes(self._source, normalize=self._normalize)

    def _encode(self) -> MediaContent:
        if max(self.size) > MAX_DIMENSION:
            raise unsuitable("an image", f"{self.size[0]} x {self.size[1]} pixels", f"at most {MAX_DIMENSION} each way")
        if hasattr(self._source, "save") or self._mode or self.format != "png":
            return MediaContent(self._encoded_by_pillow())
        pixels = self._pixels()
        return MediaContent(encode_png(pixels, mode_of(pixels)))

    def _encoded_by_pillow(self) -> bytes:
        import numpy as np  # as in `pixels`

        image = self.image
        if image.mode in ("F", "I") and self.format == "png":
            from PIL import Image as PillowImage  # takes long to import

            image = PillowImage.fromarray(to_bytes(np.asarray(image), normalize=self._normalize))
        if self._mode and self._mode != image.mode:
            image = image.convert(self._mode)
        modes = _NATIVE_MODES.get(self.format, _JPEG_MODES)
        if image.mode not in modes:
            image = image.convert("RGBA" if "A" in image.getbands() and "RGBA" in modes else "RGB")
        if self.format == "png" and image.mode in COLOUR_TYPES:
            return encode_png(np.asarray(image), image.mode)
        file = io.BytesIO()
        image.save(file, {"jpg": "jpeg"}.get(self.format, self.format))
        return file.getvalue()


def _by_text(labels: Mapping[int, str]) -> dict[str, str]:
    return {str(key): name for key, name in labels.items()}


def _layers(kind: Any, layers: Any, example: str) -> dict[str, Any]:
    """Return the masks or boxes by name, each an object of *kind*."""
    if layers is not None and not isinstance(layers, Mapping):
        raise MediaError(f"masks and boxes are given by name, got {type(layers).__name__}: give {example}")
    named = (layers or {}).items()
    return {key: value if isinstance(value, kind) else kind(value, key) for key, value in named}


def _rendered(figure: Any) -> bytes:
    """Return a matplotlib figure, or the current one of pyplot, as PNG with the pixels that its canvas has."""
    file = io.BytesIO()
    figure = figure.gcf() if hasattr(figure, "gcf") else figure
    figure.savefig(file, format="png", dpi="figure")
    return file.getvalue()
