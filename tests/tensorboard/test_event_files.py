"""Reading event files: growing, damaged, hostile, and every kind of value."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING

import numpy as np
import pytest
from event_writer import event, record, scalar, tensor, write
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from wandb_nb.data.files.audio import Audio
from wandb_nb.store.format.wire import WireError, WireMessage
from wandb_nb.tensorboard.event_file import EventFile, masked_crc
from wandb_nb.tensorboard.event_messages import decode_event
from wandb_nb.tensorboard.event_values import row_of

if TYPE_CHECKING:
    from pathlib import Path


def test_the_checksum_is_the_published_one() -> None:
    """CRC-32C of "123456789" is e3069283 (RFC 3720), and TensorFlow's mask is added."""
    crc = 0xE3069283
    assert masked_crc(b"123456789") == ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def test_a_growing_file_is_read_in_pieces(tmp_path: Path) -> None:
    """Each record is returned once, however the file grows; a record that is not complete yet is waited for."""
    path = tmp_path / "events.out.tfevents.1"
    data = b"".join(record(event(step, scalar("loss", step))) for step in range(5))
    file = EventFile(path)
    steps = []
    for end in range(0, len(data) + 1, 7):
        path.write_bytes(data[:end])
        steps += [decode_event(payload).step for payload in file.read()]
    path.write_bytes(data)
    steps += [decode_event(payload).step for payload in file.read()]
    assert (steps, file.is_damaged, file.read()) == (list(range(5)), False, [])


def test_a_large_record_is_read(tmp_path: Path) -> None:
    """A record larger than one reading, as a video is, comes whole."""
    path = tmp_path / "events.out.tfevents.1"
    write(path, b"x" * (9 << 20), event(1, scalar("a", 1)))
    file = EventFile(path)
    payloads = file.read()
    while more := file.read():
        payloads += more
    assert [len(payload) for payload in payloads][1] == 9 << 20


@pytest.mark.parametrize("at", [0, 3, 8, 13, 20])
def test_damage_ends_the_reading(tmp_path: Path, at: int) -> None:
    """A changed byte in a record is noticed: what stands before it counts, and nothing after it."""
    path = tmp_path / "events.out.tfevents.1"
    good, bad = record(event(1, scalar("a", 1))), bytearray(record(event(2, scalar("a", 2))))
    bad[at] ^= 0x40
    path.write_bytes(good + bytes(bad) + good)
    file = EventFile(path)
    assert [decode_event(payload).step for payload in file.read()] == [1]
    assert (file.is_damaged, file.read()) == (True, [])


def test_an_absurd_size_is_damage(tmp_path: Path) -> None:
    """A record that claims a petabyte, with a right checksum, is neither read nor waited for."""
    path = tmp_path / "events.out.tfevents.1"
    size = struct.pack("<Q", 1 << 50)
    path.write_bytes(size + struct.pack("<I", masked_crc(size)) + b"x" * 100)
    file = EventFile(path)
    assert (file.read(), file.is_damaged) == ([], True)


@given(st.binary(max_size=300))
def test_any_bytes_are_an_event_or_an_error(data: bytes) -> None:
    """Whatever is in a record: its values, or one known error."""
    try:
        event_read = decode_event(data)
    except WireError:
        return
    assert isinstance(event_read.step, int)


@given(st.integers(-5, 1 << 40), st.integers(0, 30), st.binary(max_size=40))
def test_a_tensor_of_any_shape_is_a_value_or_nothing(size: int, dtype: int, content: bytes) -> None:
    """A tensor whose shape, type and bytes do not fit together is left out, without a large allocation."""
    values = decode_event(event(1, tensor("t", "scalars", (size % (1 << 63),), dtype, content), scalar("a", 1))).values
    assert row_of(value for value in values if value.tag == "a") == {"a": 1.0}
    arrays = [value.tensor.numbers for value in values if value.tensor is not None]
    assert all(array is None or array.size < 1 << 25 for array in arrays)


def test_values_of_tensorflow_2() -> None:
    """Scalars, texts, images, sounds, histograms and curves that come as tensors have the forms of ours."""
    picture = io.BytesIO()
    Image.new("RGB", (4, 3), "red").save(picture, "PNG")
    sound = Audio(np.zeros(10), sample_rate=8000)
    buckets = np.array([[0, 1, 5], [1, 2, 7]], "<f8")
    curve = np.array([[0, 0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0], [0.5, 0.75, 1], [1, 0.5, 0]], "<f4")
    row = row_of(
        decode_event(
            event(
                3,
                tensor("loss", "scalars", (), 1, struct.pack("<f", 0.5)),
                tensor("note", "text", (2,), 7, texts=(b"one", b"two")),
                tensor("picture", "images", (3,), 7, texts=(b"4", b"3", picture.getvalue())),
                tensor("sound", "audio", (1,), 7, texts=(b"RIFF....",)),
                tensor("weights", "histograms", (2, 3), 2, buckets.tobytes()),
                tensor("curve", "pr_curves", (6, 3), 1, curve.tobytes()),
                tensor("other", "mesh", (2,), 1, struct.pack("<2f", 1, 2)),
            )
        ).values
    )
    assert (row["loss"], row["note"]) == (0.5, "one\n\ntwo")
    assert (row["weights"].histogram, row["weights"].bins) == ([5.0, 7.0], [0.0, 1.0, 2.0])
    assert {name: type(row[name]).__name__ for name in ("picture", "sound", "curve")} == {
        "picture": "Image", "sound": "Audio", "curve": "CustomChart",
    }  # fmt: skip
    assert "other" not in row
    assert sound.log_type == "audio-file"


def test_images_of_one_tag_are_a_list() -> None:
    """The images `x/0` and `x/1` of a step are logged as a list `x`."""
    picture = io.BytesIO()
    Image.new("RGB", (2, 2)).save(picture, "PNG")
    content = WireMessage().varint(1, 2).varint(2, 2).blob(4, picture.getvalue())
    values = [WireMessage().text(1, f"x/{number}").message(4, content).encode() for number in range(2)]
    row = row_of(decode_event(event(1, *values)).values)
    assert [type(image).__name__ for image in row["x"]] == ["Image", "Image"]


def test_a_histogram_keeps_its_sum_and_range() -> None:
    """A histogram with more bins than a run's can have is joined: the counts add up, and the ends stay."""
    limits, counts = np.arange(1, 2001) / 10, np.ones(2000)
    histogram = (
        WireMessage().double(1, 0.05).double(2, 200.0).blob(6, limits.astype("<f8").tobytes())
        .blob(7, counts.astype("<f8").tobytes())
    )  # fmt: skip
    value = WireMessage().text(1, "h").message(5, histogram).encode()
    logged = row_of(decode_event(event(1, value)).values)["h"]
    assert (sum(logged.histogram), logged.bins[0], logged.bins[-1]) == (2000, 0.05, 200.0)
    assert logged.bins == sorted(logged.bins)
