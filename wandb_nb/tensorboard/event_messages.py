"""The messages in event files: an Event with a step, and the values of its Summary.

Field numbers: TensorFlow's `event.proto`, `summary.proto` and `tensor.proto`, and `plugin_data.proto` of TensorBoard's
hparams plugin.
"""

from __future__ import annotations

import struct
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from wandb_nb.store.format.wire import BYTES, FIXED32, FIXED64, VARINT, MessageFields, WireError, read_varint, signed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

SIMPLE_VALUE, IMAGE, HISTOGRAM, AUDIO, TENSOR, METADATA = 2, 4, 5, 6, 8, 9
_DTYPES = {
    1: "f4", 2: "f8", 3: "i4", 4: "u1", 5: "i2", 6: "i1", 9: "i8", 10: "?", 17: "u2", 19: "f2", 22: "u4", 23: "u8",
}  # fmt: skip
_STRING = 7
_MAX_ELEMENTS = 1 << 24


@dataclass(frozen=True)
class TensorMessage:
    """A tensor: *numbers* is an array, or *texts* the elements of a tensor of strings."""

    shape: tuple[int, ...]
    numbers: NDArray[Any] | None = None
    texts: tuple[bytes, ...] = ()


@dataclass(frozen=True)
class SummaryValue:
    """One value of an event: a tag, the plugin that shows it, and one of the fields that follow."""

    tag: str
    plugin: str = ""
    content: bytes = b""
    number: float | None = None
    image: bytes | None = None
    audio: bytes | None = None
    histogram: tuple[list[float], list[float]] | None = None
    """Counts and edges."""
    tensor: TensorMessage | None = None


@dataclass(frozen=True)
class Event:
    """What was written at one moment: *wall_time* in unix seconds, the step, and values."""

    wall_time: float
    step: int
    values: list[SummaryValue] = field(default_factory=list)


def decode_event(payload: bytes) -> Event:
    """Return the event in *payload*; values that cannot be decoded are left out.

    Raises:
        WireError: It is not an event.

    """
    event = MessageFields(payload)
    values = list(_values(event.last(5, BYTES) or b""))
    return Event(event.double(1), event.integer(2), values)


def hparams_of(content: bytes) -> dict[str, Any]:
    """Return the hyperparameters in the *content* of a value of the hparams plugin; empty if it has none.

    Raises:
        WireError: It is damaged.

    """
    hparams: dict[str, Any] = {}
    for entry in MessageFields(content).message(3).messages(1):
        value = entry.message(2)
        if value.present(2, FIXED64):
            hparams[entry.text(1)] = value.double(2)
        elif value.present(3):
            hparams[entry.text(1)] = value.text(3)
        elif value.present(4, VARINT):
            hparams[entry.text(1)] = value.flag(4)
    return hparams


def _values(summary: bytes) -> Iterator[SummaryValue]:
    for value in MessageFields(summary).messages(1):
        with suppress(WireError, ValueError, struct.error):  # one damaged value must not cost the others
            yield _value(value)


def _value(value: MessageFields) -> SummaryValue:
    plugin = value.message(METADATA).message(1)
    number, image, audio = value.last(SIMPLE_VALUE, FIXED32), value.message(IMAGE), value.message(AUDIO)
    return SummaryValue(
        tag=value.text(1),
        plugin=plugin.text(1),
        content=plugin.last(2, BYTES) or b"",
        number=None if number is None else float(struct.unpack("<f", number)[0]),
        image=image.last(4, BYTES),
        audio=audio.last(4, BYTES),
        histogram=_histogram(value.message(HISTOGRAM)) if value.present(HISTOGRAM) else None,
        tensor=_tensor(value.message(TENSOR)) if value.present(TENSOR) else None,
    )


def _histogram(histogram: MessageFields) -> tuple[list[float], list[float]]:
    """Return counts and edges; a bucket ends at its limit, and the first one begins at the smallest value."""
    limits, counts = (_doubles(histogram, number) for number in (6, 7))
    smallest, largest = histogram.double(1), histogram.double(2)
    edges = [smallest, *(min(limit, max(largest, smallest)) for limit in limits)]
    return counts, list(accumulate(edges, max))


def _doubles(message: MessageFields, number: int) -> list[float]:
    """Return a repeated double field, packed or not."""
    raw = b"".join((message.last(number, BYTES) or b"", *message.all(number, FIXED64)))
    return list(struct.unpack(f"<{len(raw) // 8}d", raw[: len(raw) // 8 * 8]))


def _tensor(tensor: MessageFields) -> TensorMessage:
    shape = tuple(size.integer(1) for size in tensor.message(2).messages(2))
    count = 1
    for size in shape:
        count *= size
    if not 0 <= count <= _MAX_ELEMENTS:
        raise ValueError("a tensor of an impossible size")
    kind = tensor.integer(1)
    if kind == _STRING:
        return TensorMessage(shape, texts=tuple(tensor.all(8, BYTES)))
    if kind not in _DTYPES:
        return TensorMessage(shape)
    return TensorMessage(shape, _numbers(tensor, _DTYPES[kind], count).reshape(shape))


def _numbers(tensor: MessageFields, dtype: str, count: int) -> NDArray[Any]:
    """Return the *count* numbers of a tensor: its bytes, or its list, whose last one fills what is missing."""
    import numpy as np

    if content := tensor.last(4, BYTES):
        return np.frombuffer(content, np.dtype(dtype).newbyteorder("<"), count)
    for number, kind, width in ((5, FIXED32, "<f4"), (6, FIXED64, "<f8")):
        raw = b"".join((tensor.last(number, BYTES) or b"", *tensor.all(number, kind)))
        if raw:
            return _filled(np.frombuffer(raw, width), count)
    for number in (7, 10, 11):
        if integers := _integers(tensor, number):
            return _filled(np.array(integers, np.int64), count)
    return np.zeros(count, dtype)


def _filled(values: NDArray[Any], count: int) -> NDArray[Any]:
    import numpy as np

    return np.resize(values, count) if len(values) >= count else np.pad(values, (0, count - len(values)), "edge")


def _integers(message: MessageFields, number: int) -> list[int]:
    """Return a repeated integer field, packed or not."""
    values, raw, at = [signed(value) for value in message.all(number, VARINT)], message.last(number, BYTES) or b"", 0
    while at < len(raw):
        value, at = read_varint(raw, at)
        values.append(signed(value))
    return values
