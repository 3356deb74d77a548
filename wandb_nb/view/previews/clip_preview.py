"""Pictures of what plays: the waveform of a sound, the first frame of a video."""

from __future__ import annotations

import wave
from importlib.util import find_spec
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from wandb_nb.view.previews.picture_preview import MAX_PIXELS, encoded
from wandb_nb.view.previews.preview import PICTURE_SIDE, Preview
from wandb_nb.view.run_styles import COLOURS

if TYPE_CHECKING:
    import numpy.typing as npt

_COLUMNS, _HEIGHT = 160, 48
_FRAMES_PER_COLUMN = 4_096  # of a long sound, which is not read as a whole
_BYTES_PER_SAMPLE = 2
_MAX_CHANNELS = 32
_FORMATS = {"mp4": "mp4", "webm": "matroska", "ogg": "ogg"}  # FFmpeg's demuxer by the end of the file's name


def waveform_preview(file: BinaryIO) -> Preview:
    """Return the waveform of the sound in *file*, a WAV file of 16 bits.

    Raises:
        OSError: It is another kind of file.

    """
    from PIL import Image, ImageDraw  # takes long to import

    peaks = _peaks(file)
    picture = Image.new("RGB", (_COLUMNS, _HEIGHT), "white")
    draw = ImageDraw.Draw(picture)
    for column, (low, high) in enumerate(peaks * (_HEIGHT / 2 - 1)):
        draw.line((column, _HEIGHT / 2 - high, column, _HEIGHT / 2 - low), COLOURS[0])
    return encoded(picture)


def _peaks(file: BinaryIO) -> npt.NDArray[np.float64]:
    """Return lowest and highest sample of each column, from -1 to 1."""
    try:
        with wave.open(file) as sound:
            frames, channels = sound.getnframes(), sound.getnchannels()
            if sound.getsampwidth() != _BYTES_PER_SAMPLE or not 0 < channels <= _MAX_CHANNELS:
                raise OSError("is not a sound of 16 bits")
            columns = []
            for start in np.linspace(0, frames, _COLUMNS, endpoint=False).astype(int).tolist():
                sound.setpos(start)
                data = sound.readframes(min(_FRAMES_PER_COLUMN, max(1, frames // _COLUMNS)))
                samples = np.frombuffer(data[: len(data) // 2 * 2], "<i2")
                columns.append((samples.min(), samples.max()) if len(samples) else (0, 0))
    except (wave.Error, EOFError, ValueError) as error:
        raise OSError(f"is not a sound: {error}") from error
    return np.array(columns, np.float64) / 2**15


def frame_preview(file: BinaryIO, suffix: str) -> Preview | None:
    """Return the first frame of the video in *file*; None if its decoder is not installed.

    Raises:
        OSError: It is not a video, or a broken one.
        ValueError: Its frames are too large.

    """
    if suffix not in _FORMATS or find_spec("av") is None:
        return None
    import av  # the `media` extra

    try:
        with av.open(file, format=_FORMATS[suffix]) as video:
            stream = video.streams.video[0]
            if stream.width * stream.height > MAX_PIXELS:
                raise ValueError("a frame is too large to decode")
            picture = next(video.decode(stream)).to_image()
    except (av.FFmpegError, IndexError, StopIteration) as error:
        raise OSError(f"is not a video: {error}") from error
    picture.thumbnail((PICTURE_SIDE, PICTURE_SIDE))
    return encoded(picture.convert("RGB"))
