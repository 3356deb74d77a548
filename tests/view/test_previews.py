"""Small copies of media files: what they show, and files that are broken, hostile or too large."""

from __future__ import annotations

import io
import json
import struct
import wave
import zlib
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
import pytest
from PIL import Image, ImageColor

from wandb_nb.view.previews.clip_preview import waveform_preview
from wandb_nb.view.previews.document_preview import page_preview, table_preview
from wandb_nb.view.previews.media_previews import MediaPreviews
from wandb_nb.view.previews.picture_preview import picture_preview
from wandb_nb.view.run_styles import COLOURS

if TYPE_CHECKING:
    from wandb_nb.view.objects.logged_media import MediaSeries
    from wandb_nb.view.objects.media_files import MediaFile
    from wandb_nb.view.previews.preview import Preview

NOISE = np.random.default_rng(0).integers(0, 255, (300, 200, 3), dtype=np.uint8)


def image_file(pixels: Any, form: str = "PNG", **options: Any) -> io.BytesIO:
    """Return *pixels* as an image file."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, form, **options)
    file.seek(0)
    return file


def shown(preview: Preview) -> Any:
    """Return the pixels of a small copy."""
    return np.asarray(Image.open(io.BytesIO(preview.data)).convert("RGB")).astype(int)


def file_of(path: str, kind: str = "image", **more: Any) -> MediaFile:
    """Return the entry of a message for a media file."""
    return {"kind": kind, "path": path, "caption": "", "width": None, "height": None, "size": None, **more}  # type: ignore[typeddict-item]  # a part of it


def series_of(*files: MediaFile) -> list[MediaSeries]:
    """Return *files* as the media of one step."""
    return [{"key": "a", "n": 1, "rows": [{"step": 0.0, "time": 0.0, "files": list(files)}]}]


def previews(contents: dict[str, bytes], *files: MediaFile, seconds: float = 5.0) -> list[Preview | None]:
    """Return the small copies of *files* with these *contents*."""

    def opened(path: str) -> BinaryIO | None:
        return io.BytesIO(contents[path]) if path in contents else None

    (card,) = MediaPreviews(opened).cards(series_of(*files), seconds)
    return [each.preview for each in card.files]


def test_a_photograph_becomes_a_small_jpeg() -> None:
    """A large picture has 160 pixels on its longer side; one of few pixels or colours stays exact."""
    large = picture_preview(image_file(NOISE))
    digit = np.arange(64, dtype=np.uint8).reshape(8, 8) * 4
    small = picture_preview(image_file(digit))

    assert (large.media_type, large.width, large.height) == ("image/jpeg", 107, 160)
    assert len(large.data) < 20_000
    assert (small.media_type, small.width, small.height) == ("image/png", 8, 8)
    assert (shown(small)[..., 0] == digit).all()


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_every_kind_of_picture_is_shown(mode: str) -> None:
    """A half-white picture of each mode is half white; what is transparent shows white."""
    gray = Image.fromarray(np.repeat([[255, 0]], 40, axis=0).repeat(20, axis=1).astype(np.uint8))
    picture = gray.convert(mode) if mode != "I;16" else Image.fromarray(np.asarray(gray).astype(np.uint16) * 257)
    file = io.BytesIO()
    picture.save(file, "PNG")
    file.seek(0)
    pixels = shown(picture_preview(file))

    assert pixels[:, :18].mean() > 240
    assert pixels[:, 22:].mean() < 15
    clear = picture_preview(image_file(np.zeros((9, 9, 4), np.uint8)))
    assert shown(clear).min() == 255


def test_masks_and_boxes_are_drawn_in() -> None:
    """A class has its colour over the picture, the background has none, and a box has its outline where it belongs."""
    gray = np.full((100, 100), 128, np.uint8)
    mask = np.zeros((100, 100), np.uint8)
    mask[:50] = 2
    corners = {"position": {"minX": 0.25, "maxX": 0.75, "minY": 0.6, "maxY": 0.9}, "class_id": 1}
    middle = {"position": {"middle": [50, 80], "width": 10, "height": 10}, "class_id": 0, "domain": "pixel"}
    boxes = io.BytesIO(json.dumps({"box_data": [corners, middle]}).encode())
    pixels = shown(picture_preview(image_file(gray), [image_file(mask)], [boxes]))
    half = [(part + 128) // 2 for part in ImageColor.getrgb(COLOURS[2])[:3]]
    scale = len(pixels) / 100

    assert np.abs(pixels[int(20 * scale), int(20 * scale)] - half).max() < 12
    assert np.abs(pixels[int(55 * scale), int(10 * scale)] - 128).max() < 12
    assert np.abs(pixels[int(60 * scale) + 1, int(40 * scale)] - ImageColor.getrgb(COLOURS[1])[:3]).max() < 60
    assert np.abs(pixels[int(75 * scale) + 1, int(50 * scale)] - ImageColor.getrgb(COLOURS[0])[:3]).max() < 60


@pytest.mark.parametrize(
    "boxes",
    [
        b"[]",
        b"{",
        b"[" * 100_000,
        b'{"box_data": 5}',
        b'{"box_data": [5, {"position": 5}, {"position": {"minX": "a"}}, {"position": {"middle": [1e999, 0]}}]}',
        b'{"box_data": [{"position": {"minX": 0.9, "maxX": 0.1, "minY": 0, "maxY": 1}, "class_id": "x"}]}',
        b'{"box_data": [{"position": {"minX": -1e300, "maxX": 1e300, "minY": -9, "maxY": 9}, "class_id": -7}]}',
    ],
)
def test_malformed_boxes_cost_only_themselves(boxes: bytes) -> None:
    """The picture is shown, whatever is in the file of its boxes."""
    assert picture_preview(image_file(NOISE), [], [io.BytesIO(boxes)]).width == 107


def test_a_sound_becomes_its_waveform() -> None:
    """A sound that is loud in its second half has ink there, and a line in its quiet half."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        loud = np.tile([30_000, -30_000], 4_000)
        sound.writeframes(np.concatenate([np.zeros(8_000), loud]).astype("<i2").tobytes())
    file.seek(0)
    ink = (shown(waveform_preview(file)).sum(axis=2) < 700).sum(axis=0)

    assert ink[10:70].max() <= 2
    assert ink[90:].min() > 30


def test_a_table_has_its_first_rows() -> None:
    """Head and first rows are texts on one line, the number of all rows is known, and the copy is at most 10 kB."""
    rows = [[number, "x" * 50, {"deep": [1]}, None, 1.5] for number in range(5_000)]
    data = json.dumps({"columns": ["i", "text\n", "d", "n", "f"], "data": rows}).encode()
    preview = table_preview(io.BytesIO(data))

    assert preview.table is not None
    assert preview.table.columns == ["i", "text�", "d", "n", "f"]
    assert preview.table.rows[0] == ["0", "x" * 50, '{"deep": [1]}', "", "1.5"]
    assert preview.table.rows_in_all == 5_000
    assert len(preview.data) <= 10_000
    assert json.loads(preview.data)["data"] == rows[: len(preview.table.rows)]
    assert json.loads(preview.data)["nrows"] == 5_000


def test_a_page_has_its_text() -> None:
    """The text of a page is what a browser shows of it, without scripts and styles."""
    preview = page_preview(io.BytesIO(b"<style>p{}</style><h1>Title</h1><script>alert(1)</script><p>a &amp;\nb</p>"))
    assert preview.text == "Title a & b"


def bomb() -> bytes:
    """Return a PNG file of 30,000 x 30,000 pixels in a few kilobytes."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 0, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(bytes(1 << 20)))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(
    ("path", "kind", "content"),
    [
        ("media/images/a.png", "image", bomb()),
        ("media/images/a.png", "image", b"\x89PNG\r\n\x1a\n cut off"),
        ("media/images/a.png", "image", b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n"),
        ("media/images/a.png", "image", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("media/audio/a.wav", "audio", b"RIFF" + bytes(40)),
        ("media/audio/a.wav", "audio", b""),
        ("media/videos/a.mp4", "video", b"not a video"),
        ("media/videos/a.avi", "video", b"RIFF"),
        ("media/table/t.table.json", "table", b"[1, 2]"),
        ("media/table/t.table.json", "table", b'{"columns": 5, "data": []}'),
        ("media/table/t.table.json", "table", b'{"columns": ["a"], "data": [5]}'),
        ("media/table/t.table.json", "table", b"[" * 100_000),
        ("media/table/t.table.json", "table", b" " * (9 << 20)),
        ("media/object3D/a.pts.json", "object3D", b"[]"),
    ],
)
def test_broken_and_hostile_files_have_no_copy(path: str, kind: str, content: bytes) -> None:
    """A bomb, a file of another format and a broken one have none; the next file is shown all the same."""
    good = "media/images/good.png"
    contents = {path: content, good: image_file(NOISE).getvalue()}
    broken, fine = previews(contents, file_of(path, kind), file_of(good))

    assert broken is None
    assert fine is not None


def test_copies_are_made_once_and_only_for_a_while() -> None:
    """A file is read once; without time left it has no copy yet, but gets it later."""
    reads = []

    def opened(path: str) -> BinaryIO:
        reads.append(path)
        return image_file(NOISE)

    maker = MediaPreviews(opened)
    series = series_of(file_of("media/images/a.png"))
    assert maker.cards(series, -1.0)[0].files[0].preview is None
    first = maker.cards(series, 5.0)[0].files[0].preview
    assert first is not None
    assert maker.cards(series, -1.0)[0].files[0].preview is first
    assert reads == ["media/images/a.png"]
