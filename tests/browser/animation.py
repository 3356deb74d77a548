"""An animated picture of a page that changes."""

from __future__ import annotations

from io import BytesIO
from typing import TYPE_CHECKING

from PIL import Image

if TYPE_CHECKING:
    from pathlib import Path

FRAME_MS, LAST_FRAME_MS = 120, 2500
LOOPS = 2
MAX_BYTES = 700_000  # what the check of large files allows


class Animation:
    """Frames of one part of a page, photographed while it changes."""

    def __init__(self) -> None:
        self.frames: list[Image.Image] = []

    def add(self, png: bytes) -> None:
        """Add a frame, unless nothing has changed."""
        frame = Image.open(BytesIO(png)).convert("RGB")
        if not self.frames or frame.tobytes() != self.frames[-1].tobytes():
            self.frames.append(frame)

    def save(self, path: Path) -> None:
        """Write an animated WebP that plays a few times and ends with the last frame.

        All frames get the size of the last one: a page grows when charts appear.
        """
        last = self.frames[-1]
        frames = [Image.new("RGB", last.size, frame.getpixel((0, frame.height - 1))) for frame in self.frames]
        for canvas, frame in zip(frames, self.frames, strict=True):
            canvas.paste(frame, (0, 0))
        durations = [FRAME_MS] * (len(frames) - 1) + [LAST_FRAME_MS]
        first, *others = frames
        options = {"lossless": True, "quality": 50, "method": 4}  # better ones take minutes
        first.save(path, save_all=True, append_images=others, duration=durations, loop=LOOPS, **options)
