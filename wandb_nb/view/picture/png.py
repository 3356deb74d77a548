"""A scene as a PNG on white, at twice its size for high-resolution screens. The only module that imports Pillow."""

from __future__ import annotations

import io
from functools import cache
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, ImageColor, ImageDraw, ImageFont

from wandb_nb.view.picture.primitives import Dot, Picture, Polyline, Rects, Rule, Text
from wandb_nb.view.run_styles import COLOURS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wandb_nb.view.picture.primitives import Mark, PanelFrame, Scene

    Box = tuple[int, int, int, int]

SCALE = 2  # pixels per unit
_FINER = 2  # lines are drawn larger by this factor and shrunk, since Pillow does not smooth edges
_PAINTS = {"ink": "#1b1f24", "soft": "#59636e", "grid": "#e4e7ea"}
_ANCHORS = {"start": "ls", "middle": "ms", "end": "rs"}
_STEPS = 5
_BAND = 160
_MAX_DASHES = 60
_SAMPLE_SIDE = 48  # pixels of a picture from which the palette is made
_PALETTE_COLOURS = 256
_TRIES = ((6_000, SCALE), (6_000, 1), (1_000, 1))  # points and scale


def fitting(scene_of: Callable[[int], Scene], most_bytes: int) -> bytes:
    """Return the PNG file of *scene_of*(points), at half size or with fewer points if it is above *most_bytes*.

    Only a page full of noise is still larger then, by half at most.
    """
    data = b""
    for points, scale in _TRIES:
        data = render(scene_of(points), scale)
        if len(data) <= most_bytes:
            break
    return data


def render(scene: Scene, scale: int = SCALE) -> bytes:
    """Return the PNG file of *scene*, at *scale* pixels per unit.

    Each panel is drawn separately, so that no single call into Pillow blocks the interpreter for long.
    """
    page = Image.new("RGB", (int(scene.width * scale), int(scene.height * scale)), "white")
    for panel in scene.panels:
        page.paste(_tile(panel, scale * _FINER), (int(panel.x * scale), int(panel.y * scale)))
    draw = ImageDraw.Draw(page)
    for mark in scene.marks:
        _draw(draw, mark, scale, 0, 0)
    boxes = []
    for mark in (mark for panel in scene.panels for mark in panel.marks):
        if isinstance(mark, Text):
            _write(draw, mark, scale)
        elif isinstance(mark, Picture):
            boxes.append(_paste(page, mark, scale))
    return _file(page, boxes)


def _paste(page: Image.Image, mark: Picture, scale: int) -> Box:
    """Put a picture on *page*, enlarged without smoothing, and return its box."""
    with Image.open(io.BytesIO(mark.data)) as picture:
        size = max(1, round(mark.width * scale)), max(1, round(mark.height * scale))
        smooth = Image.Resampling.NEAREST if picture.width < size[0] / 2 else Image.Resampling.BICUBIC
        left, top = round(mark.x * scale), round(mark.y * scale)
        page.paste(picture.convert("RGB").resize(size, smooth), (left, top))
    return left, top, min(left + size[0], page.width), min(top + size[1], page.height)


def _tile(panel: PanelFrame, scale: int) -> Image.Image:
    """Return the lines of *panel*, drawn larger and shrunk, which smooths the edges."""
    tile = Image.new("RGB", (int(panel.width * scale), int(panel.height * scale)), "white")
    draw = ImageDraw.Draw(tile)
    for mark in panel.marks:
        if not isinstance(mark, (Text, Picture)):
            _draw(draw, mark, scale, panel.x, panel.y)
    return tile.reduce(_FINER)


def _draw(draw: ImageDraw.ImageDraw, mark: Mark, scale: int, left: float, top: float) -> None:
    if isinstance(mark, Polyline):
        points = (mark.points - (left, top)) * scale
        ink, width = _colour(mark.paint, mark.opacity), round(mark.width * scale)
        for piece in _dashes(points, [length * scale for length in mark.dash]):
            draw.line(piece.ravel().tolist(), ink, width, joint="curve")
    elif isinstance(mark, Rule):
        ends = [(mark.x1 - left) * scale, (mark.y1 - top) * scale, (mark.x2 - left) * scale, (mark.y2 - top) * scale]
        draw.line(ends, _colour(mark.paint), max(1, scale // 2))
    elif isinstance(mark, Dot):
        x, y, radius = (mark.x - left) * scale, (mark.y - top) * scale, mark.radius * scale
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), _colour(mark.paint, mark.opacity))
    elif isinstance(mark, Rects):
        ink = _colour(mark.paint, mark.opacity)
        corners = np.hstack([mark.rects[:, :2], mark.rects[:, :2] + mark.rects[:, 2:]]) - (left, top, left, top)
        for x1, y1, x2, y2 in (corners * scale).round().tolist():
            draw.rectangle((x1, y1, max(x1, x2 - 1), max(y1, y2 - 1)), ink)
    elif isinstance(mark, Text):
        _write(draw, mark, scale)


def _write(draw: ImageDraw.ImageDraw, mark: Text, scale: int) -> None:
    weight = 0.4 if mark.bold else 0  # the built-in font has one weight; a thin outline makes text bold
    place = (mark.x * scale, mark.y * scale)
    draw.text(
        place,
        mark.text,
        _colour(mark.paint),
        _font(round(mark.size * scale)),
        _ANCHORS[mark.anchor],
        stroke_width=weight,
    )


def _dashes(points: np.ndarray[tuple[int, int], np.dtype[np.float64]], pattern: list[int]) -> list[np.ndarray]:
    """Return the dashes of the line through *points*; *pattern* alternates lengths of dash and gap."""
    if not pattern:
        return [points]
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    # A line that goes up and down is long: its dashes are stretched, or there would be too many to see.
    stretch = max(1.0, along[-1] / (sum(pattern) * _MAX_DASHES))
    edges = np.cumsum([0.0, *pattern * (int(along[-1] // (sum(pattern) * stretch)) + 1)]) * stretch
    corners = np.column_stack([np.interp(edges, along, points[:, axis]) for axis in (0, 1)])
    firsts, lasts = np.searchsorted(along, edges, "right"), np.searchsorted(along, edges)
    return [
        np.vstack([corners[at : at + 1], points[firsts[at] : lasts[at + 1]], corners[at + 1 : at + 2]])
        for at in range(0, len(edges) - 1, 2)
        if edges[at] < along[-1]
    ]


@cache
def _colour(paint: str, opacity: float = 1.0) -> tuple[int, ...]:
    """Return the colour on white, with *opacity* applied."""
    solid = ImageColor.getrgb(_PAINTS.get(paint, paint))
    return tuple(round(255 + (part - 255) * opacity) for part in solid)


@cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size)


def _file(page: Image.Image, boxes: Sequence[Box]) -> bytes:
    """Return *page* as a file with a palette, a third of the size; bands keep each call short.

    The pictures in *boxes* share the colours that the charts leave, and are dithered. Both palettes begin alike.
    """
    palette, full_palette = _palette(), _palette_with(page, boxes) if boxes else _palette()
    small = Image.new("P", page.size)
    small.putpalette(full_palette.palette or b"", "RGB")
    for top in range(0, page.height, _BAND):
        box = (0, top, page.width, min(top + _BAND, page.height))
        small.paste(page.crop(box).quantize(palette=palette, dither=Image.Dither.NONE), box)
    for box in boxes:
        small.paste(page.crop(box).quantize(palette=full_palette, dither=Image.Dither.FLOYDSTEINBERG), box)
    file = io.BytesIO()
    small.save(file, "PNG", compress_level=6)
    return file.getvalue()


@cache
def _palette() -> Image.Image:
    """Return an image whose palette has all paints, in steps from white to full strength for smooth edges.

    Rules are on whole pixels and have no steps: such light tints would be mapped to white.
    """
    image = Image.new("P", (1, 1))
    image.putpalette([part for colour in _paints() for part in colour])
    return image


@cache
def _paints() -> list[tuple[int, ...]]:
    paints = [_PAINTS["ink"], _PAINTS["soft"], *COLOURS]
    steps = [step / _STEPS for step in range(1, _STEPS + 1)]
    return [(255, 255, 255), _colour("grid"), *(_colour(paint, step) for paint in paints for step in steps)]


def _palette_with(page: Image.Image, boxes: Sequence[Box]) -> Image.Image:
    """Return an image whose palette has all paints, and the colours that suit the pictures in *boxes* best."""
    samples = Image.new("RGB", (_SAMPLE_SIDE, _SAMPLE_SIDE * len(boxes)))
    for number, box in enumerate(boxes):
        sample = page.crop(box).resize((_SAMPLE_SIDE, _SAMPLE_SIDE), Image.Resampling.NEAREST)
        samples.paste(sample, (0, number * _SAMPLE_SIDE))
    paints = _palette().getpalette("RGB") or []
    free = _PALETTE_COLOURS - len(_paints())
    chosen = samples.quantize(free, Image.Quantize.MEDIANCUT).getpalette("RGB") or []
    image = Image.new("P", (1, 1))
    image.putpalette([*paints[: 3 * len(_paints())], *chosen[: 3 * free]])
    return image
