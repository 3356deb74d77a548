"""`Audio`: a sound, from samples or a file."""

from __future__ import annotations

import io
import os
import wave
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from wandb_nb.data.media_content import MediaContent
from wandb_nb.data.media_value import BatchableMedia, caption_list, file_content, unsuitable
from wandb_nb.errors import MediaError
from wandb_nb.store.format.array_value import plain_array

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wandb_nb.data.media_store import MediaTarget

ACCEPTED = "samples of shape (samples,) or (samples, channels): floats from -1 to 1, int16 or int32; or a path"
_FULL_SCALE = 0x8000_0000
_HALF = 16
_MAX_CHANNELS = 1024


class Audio(BatchableMedia):
    """A sound to be logged: samples (floats from -1 to 1, int16 or int32), or the path of a file, stored as it is.

    Samples become a WAV file of 16 bits, louder ones are cut off. *sample_rate* is in samples per second, and needed
    for samples.

    Raises:
        MediaError: *sample_rate* is missing or not a positive number.

    """

    log_type, folder = "audio-file", "audio"

    def __init__(self, data_or_path: Any, sample_rate: int | None = None, caption: str | None = None) -> None:
        super().__init__(caption)
        self._sample_rate = None if sample_rate is None else _checked_rate(sample_rate)
        self._samples: int | None = None
        self._suffix = "wav"
        if isinstance(data_or_path, (str, os.PathLike)):
            path = os.fspath(data_or_path)
            self._suffix = PurePath(path).suffix.lstrip(".") or "wav"
            self._take(lambda: file_content(path, "a sound"))
            return
        if hasattr(data_or_path, "read"):
            self._take(lambda: MediaContent(data_or_path.read()))
            return
        if self._sample_rate is None:
            raise MediaError("Audio() of samples needs their rate: give sample_rate=44100, in samples per second")
        self._take(lambda: self._encoded(data_or_path))

    @property
    def suffix(self) -> str:
        """`wav`, or the end of the given file's name."""
        return self._suffix

    @property
    def seconds(self) -> float | None:
        """How long it takes; None of a file."""
        return None if self._samples is None or not self._sample_rate else self._samples / self._sample_rate

    @classmethod
    def list_to_row(cls, values: Sequence[Audio], target: MediaTarget) -> dict[str, Any]:
        """Store the sounds, and return the JSON of their list."""
        rows = [sound.to_row(target) for sound in values]
        return {
            "_type": "audio",
            "count": len(rows),
            "audio": rows,
            "sampleRates": [sound._sample_rate for sound in values],  # noqa: SLF001 -- of this class
            "durations": [sound.seconds for sound in values],
            **caption_list(values, missing=""),
        }

    def _encoded(self, data: Any) -> MediaContent:
        import numpy as np  # sounds are not on the way of plain rows

        try:
            samples = plain_array(data)
        except Exception as error:  # a foreign class may raise anything
            raise unsuitable("a sound", f"{type(data).__name__} ({error})", ACCEPTED) from error
        if samples.ndim not in (1, 2) or (samples.ndim == 2 and not 0 < samples.shape[1] <= _MAX_CHANNELS):  # noqa: PLR2004 -- channels
            raise unsuitable("a sound", f"{type(data).__name__} of shape {samples.shape}", ACCEPTED)
        self._samples = len(samples)
        return MediaContent(_wav(np.asarray(_to_int16(samples)), self._sample_rate or 1))


def _checked_rate(rate: Any) -> int:
    try:
        number = int(rate)
    except (TypeError, ValueError, OverflowError):
        number = 0
    if number <= 0:
        raise MediaError(f"Audio(sample_rate={rate!r}) is not possible: give sample_rate=44100, in samples per second")
    return number


def _to_int16(samples: Any) -> Any:
    """Return samples of 16 bits, rounded as libsndfile does: to 32 bits first, whose lower half is cut off."""
    import numpy as np  # as above

    if samples.dtype == np.int16:
        return samples
    if samples.dtype.kind == "f":
        kind = np.float32 if samples.dtype.itemsize <= 4 else np.float64  # noqa: PLR2004 -- bytes
        samples = np.rint(np.nan_to_num(samples.astype(kind)) * kind(_FULL_SCALE))
    elif samples.dtype.kind not in "iu":
        raise unsuitable("a sound", f"samples of {samples.dtype}", ACCEPTED)
    whole = np.clip(samples, -_FULL_SCALE, _FULL_SCALE).astype(np.int64)  # float32 has no 2**31 - 1
    return (np.minimum(whole, _FULL_SCALE - 1) >> _HALF).astype(np.int16)


def _wav(samples: Any, rate: int) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as writer:
        writer.setnchannels(1 if samples.ndim == 1 else samples.shape[1])
        writer.setsampwidth(2)
        writer.setframerate(rate)
        writer.writeframes(samples.astype("<i2").tobytes())
    return file.getvalue()
