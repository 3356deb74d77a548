"""Small pictures of images, with their masks and boxes drawn in. The only module of its package that decodes images."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any, BinaryIO

from wandb_nb.values import is_finite
from wandb_nb.view.previews.preview import PICTURE_SIDE, Preview
from wandb_nb.view.run_styles import COLOURS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from PIL import Image

MAX_PIXELS = 24_000_000  # of a picture that is decoded: 72 MB
_FORMATS = ("PNG", "JPEG", "BMP", "GIF", "WEBP")
_MAX_LAYER_BYTES = 1 << 20
_MAX_BOXES = 60
_LAYERED_SIDE = 128  # smaller pictures are enlarged, so that boxes on them can be seen
_MAX_FLAT_COLOURS = 64
_SMALL_PIXELS = 48 * 48
_MASK_STRENGTH = 0.5
_JPEG_QUALITY = 80


def picture_preview(
    file: BinaryIO, masks: Iterable[BinaryIO] = (), boxes: Iterable[BinaryIO] = (), *, side: int = PICTURE_SIDE
) -> Preview:
    """Return the picture in *file* with at most *side* pixels on a side, *masks* and *boxes* drawn over it.

    Raises:
        OSError: It is not a picture, or a broken one.
        ValueError: It has more than 24 million pixels.

    """
    picture, size = _decoded(file, side)
    layers = [*map(_mask, masks)], [box for each in boxes for box in _boxes(each)]
    if any(layers) and max(picture.size) < _LAYERED_SIDE:
        from PIL import Image  # takes long to import

        factor = _LAYERED_SIDE / max(picture.size)
        picture = picture.resize(
            (round(picture.width * factor) or 1, round(picture.height * factor) or 1), Image.Resampling.NEAREST
        )
    for mask in layers[0]:
        picture = _with_mask(picture, mask)
    _draw_boxes(picture, layers[1], size)
    return encoded(picture)


def encoded(picture: Image.Image) -> Preview:
    """Return *picture* as PNG where that is exact and small, else as JPEG."""
    file = io.BytesIO()
    is_flat = picture.width * picture.height <= _SMALL_PIXELS or picture.getcolors(_MAX_FLAT_COLOURS) is not None
    if is_flat:
        picture.save(file, "PNG", optimize=True)
    else:
        picture.save(file, "JPEG", quality=_JPEG_QUALITY)
    return Preview("image/png" if is_flat else "image/jpeg", file.getvalue(), picture.width, picture.height)


def _decoded(file: BinaryIO, side: int) -> tuple[Image.Image, tuple[int, int]]:
    """Return the small picture on white, and the size of the original."""
    from PIL import Image  # as above

    picture = Image.open(file, formats=_FORMATS)
    size = picture.size
    if size[0] * size[1] > MAX_PIXELS:
        raise ValueError(f"a picture of {size[0]} x {size[1]} pixels is not decoded")
    picture.draft("RGB", (side, side))  # JPEG decodes a smaller picture
    small: Image.Image = picture
    if picture.mode in ("I", "I;16", "F"):
        small = picture.point(lambda value: value * (1 / 256)).convert("L")
    elif picture.mode in ("P", "LA", "PA", "RGBA") or "transparency" in picture.info:
        small = picture.convert("RGBA")
    small.thumbnail((side, side))
    if small.mode == "RGBA":
        page = Image.new("RGBA", small.size, "white")
        small = Image.alpha_composite(page, small)
    return small.convert("RGB"), size


def _mask(file: BinaryIO) -> Image.Image:
    from PIL import Image  # as above

    mask = Image.open(file, formats=_FORMATS)
    if mask.width * mask.height > MAX_PIXELS:
        raise ValueError("a mask is too large to decode")
    return mask.convert("L")


def _with_mask(picture: Image.Image, mask: Image.Image) -> Image.Image:
    """Return *picture* with each class in its colour over it; class 0 is left as it is."""
    from PIL import Image, ImageColor  # as above

    small = mask.resize(picture.size, Image.Resampling.NEAREST)
    colours = Image.new("P", (1, 1))
    colours.putpalette([part for each in range(256) for part in ImageColor.getrgb(COLOURS[each % len(COLOURS)])[:3]])
    coloured = Image.frombytes("P", small.size, small.tobytes())
    coloured.putpalette(colours.getpalette() or [])
    strength = small.point(lambda value: round(_MASK_STRENGTH * 255) if value else 0)
    return Image.composite(coloured.convert("RGB"), picture, strength)


def _boxes(file: BinaryIO) -> list[dict[str, Any]]:
    """Return the boxes in *file*; none if it is not JSON of boxes."""
    try:
        listed = json.loads(file.read(_MAX_LAYER_BYTES))["box_data"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return []
    boxes = listed[:_MAX_BOXES] if isinstance(listed, list) else []
    return [box for box in boxes if isinstance(box, dict) and isinstance(box.get("position"), dict)]


def _draw_boxes(picture: Image.Image, boxes: Iterable[dict[str, Any]], size: tuple[int, int]) -> None:
    """Draw the outlines of *boxes* on *picture*, whose original had *size* pixels."""
    from PIL import ImageDraw  # as above

    draw = ImageDraw.Draw(picture)
    for box in boxes:
        edges = _edges(box, size)
        if edges is None:
            continue
        left, top, right, bottom = (
            min(max(edge, 0.0), 1.0) * side for edge, side in zip(edges, (*picture.size, *picture.size), strict=True)
        )
        colour = box.get("class_id")
        ink = COLOURS[colour % len(COLOURS) if isinstance(colour, int) else 0]
        if right >= left and bottom >= top:
            draw.rectangle((left, top, right, bottom), outline=ink, width=2)


def _edges(box: dict[str, Any], size: tuple[int, int]) -> tuple[float, float, float, float] | None:
    """Return left, top, right and bottom in parts of the picture; None if the position is malformed."""
    position = box["position"]
    middle = position.get("middle")
    values = [position.get(name) for name in ("minX", "minY", "maxX", "maxY")]
    if isinstance(middle, list) and len(middle) == 2:  # noqa: PLR2004 -- x and y
        values = [*middle, position.get("width"), position.get("height")]
    if not all(map(is_finite, values)):
        return None
    left, top, right, bottom = map(float, values)
    if isinstance(middle, list):
        x, y, width, height = left, top, right, bottom
        left, top, right, bottom = x - width / 2, y - height / 2, x + width / 2, y + height / 2
    across, down = size if box.get("domain") == "pixel" else (1, 1)
    return left / across, top / down, right / across, bottom / down
