"""Frames as a video file: GIF by Pillow, the other formats by PyAV, which brings FFmpeg's encoders."""

from __future__ import annotations

import io
from typing import Any

from wandb_nb.errors import MediaError

FORMATS = ("gif", "mp4", "webm", "ogg")
_CODECS = {"mp4": ("libx264", "h264", "mpeg4"), "webm": ("libvpx-vp9", "libvpx"), "ogg": ("libtheora", "libvpx")}
_MISSING = "needs the package av: pip install 'wandb-nb[media]', or log format='gif'"


def encode_video(frames: Any, fps: int, form: str) -> bytes:
    """Return *frames*, uint8 of shape (time, height, width, 3), as a video of *form* with *fps* frames per second.

    Raises:
        MediaError: The encoder of this format is not installed.

    """
    return _gif(frames, fps) if form == "gif" else _film(frames, fps, form)


def _gif(frames: Any, fps: int) -> bytes:
    from PIL import Image as PillowImage  # takes long to import

    first, *others = [PillowImage.fromarray(frame) for frame in frames]
    file = io.BytesIO()
    first.save(file, "GIF", save_all=True, append_images=others, duration=1000 / fps, loop=0)
    return file.getvalue()


def _film(frames: Any, fps: int, form: str) -> bytes:
    try:
        import av  # an extra
    except ImportError as error:
        raise MediaError(f"a video as {form} {_MISSING}") from error
    codec = next((name for name in _CODECS[form] if _can_encode(av, name)), None)
    if codec is None:
        raise MediaError(f"a video as {form} needs one of the encoders {', '.join(_CODECS[form])}: log format='gif'")
    file = io.BytesIO()
    with av.open(file, "w", format=form) as container:
        stream = container.add_stream(codec, rate=fps)
        stream.height, stream.width = (size + size % 2 for size in frames.shape[1:3])  # the encoders need even sizes
        stream.pix_fmt = "yuv420p"
        for frame in frames:
            picture = av.VideoFrame.from_ndarray(_even(frame), format="rgb24")
            container.mux(stream.encode(picture))
        container.mux(stream.encode())
    return file.getvalue()


def _can_encode(av: Any, name: str) -> bool:
    try:
        av.codec.Codec(name, "w")
    except Exception:  # noqa: BLE001 -- the package's error classes change between versions
        return False
    return True


def _even(frame: Any) -> Any:
    """Return *frame* with its last row and column repeated where their number is odd."""
    import numpy as np  # videos are not on the way of plain rows

    height, width = frame.shape[:2]
    return np.ascontiguousarray(np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge"))
