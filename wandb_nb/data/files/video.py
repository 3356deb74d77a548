"""`Video`: frames, or a file."""

from __future__ import annotations

import os
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from wandb_nb.data.files.video_encoder import FORMATS, encode_video
from wandb_nb.data.images.pixels import to_bytes
from wandb_nb.data.media_content import MediaContent
from wandb_nb.data.media_value import BatchableMedia, caption_list, file_content, unsuitable
from wandb_nb.errors import MediaError
from wandb_nb.store.format.array_value import plain_array

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wandb_nb.data.media_store import MediaTarget

ACCEPTED = "an array of (time, 1, 3 or 4, height, width) or (batch, time, 1, 3 or 4, height, width), or a path"
DEFAULT_FPS = 4
_FILM, _BATCH = 4, 5  # dimensions
_CHANNELS = (1, 3, 4)


class Video(BatchableMedia):
    """A video to be logged: frames of (time, channels, height, width), a path (stored as it is), or an open file.

    A batch of videos is shown side by side. *fps* is frames per second, 4 by default. *format* is "gif" (the default
    of frames), "mp4", "webm" or "ogg"; all but GIF need the package `av`. Frames are encoded when the object is made.

    Raises:
        MediaError: *format* is not one of these, or missing for an open file.

    """

    log_type, folder = "video-file", "videos"

    def __init__(
        self,
        data_or_path: Any,
        caption: str | None = None,
        fps: int | None = None,
        format: str | None = None,  # noqa: A002 -- the documented name
    ) -> None:
        super().__init__(caption)
        is_path, is_file = isinstance(data_or_path, (str, os.PathLike)), hasattr(data_or_path, "read")
        suffix = PurePath(os.fspath(data_or_path)).suffix.lstrip(".").lower() if is_path else ""
        self._format = (format or "").lower() or suffix or ("" if is_file else "gif")
        if self._format not in FORMATS:
            got = f"format={self._format!r} is not possible" if self._format else "an open file needs a format"
            raise MediaError(f"Video(): {got}: give one of {', '.join(FORMATS)}")
        self._size: tuple[int, int] | None = None
        if is_path:
            self._take(lambda: file_content(os.fspath(data_or_path), "a video"))
        elif is_file:
            self._take(lambda: MediaContent(data_or_path.read()))
        else:
            self._take(lambda: self._encoded(data_or_path, fps or DEFAULT_FPS))

    @property
    def suffix(self) -> str:
        """The format."""
        return self._format

    def details(self, _target: MediaTarget) -> dict[str, Any]:
        """Return width and height in pixels, of frames only."""
        return {} if self._size is None else {"width": self._size[0], "height": self._size[1]}

    @classmethod
    def list_to_row(cls, values: Sequence[Video], target: MediaTarget) -> dict[str, Any]:
        """Store the videos, and return the JSON of their list."""
        rows = [video.to_row(target) for video in values]
        captions = caption_list(values) or {"captions": False}  # the official client writes so
        return {"_type": "videos", "count": len(rows), "videos": rows, **captions}

    def _encoded(self, data: Any, fps: int) -> MediaContent:
        frames = _frames(data)
        self._size = frames.shape[2], frames.shape[1]
        return MediaContent(encode_video(frames, fps, self._format))


def _frames(data: Any) -> Any:
    """Return RGB frames, uint8 of (time, height, width, 3); a batch is tiled side by side."""
    import numpy as np  # videos are not on the way of plain rows

    array = plain_array(data)
    if array.ndim not in (_FILM, _BATCH) or array.shape[-3] not in _CHANNELS or not array.size:
        raise unsuitable("a video", f"{type(data).__name__} of shape {np.shape(array)}", ACCEPTED)
    if array.dtype.kind not in "biuf":
        raise unsuitable("a video", f"{type(data).__name__} of {array.dtype}", ACCEPTED)
    array = to_bytes(array)
    frames = np.moveaxis(_tiled(array) if array.ndim == _BATCH else array, 1, -1)
    return frames.repeat(3, axis=-1) if frames.shape[-1] == 1 else frames[..., :3]


def _tiled(batch: Any) -> Any:
    """Return the videos of a batch in one picture: their number rounded up to a power of two, half of it as rows."""
    import numpy as np  # as above

    count, time, channels, height, width = batch.shape
    places = 1 << (count - 1).bit_length()
    batch = np.concatenate([batch, np.zeros((places - count, *batch.shape[1:]), batch.dtype)])
    rows = 1 << (count.bit_length() - 1) // 2
    grid = batch.reshape(rows, places // rows, time, channels, height, width).transpose(2, 3, 0, 4, 1, 5)
    return grid.reshape(time, channels, rows * height, places // rows * width)
