"""Event files as TensorFlow and torch write them, made from the formats' numbers."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

from wandb_nb.store.format.wire import WireMessage
from wandb_nb.tensorboard.event_file import masked_crc

if TYPE_CHECKING:
    from pathlib import Path


def record(payload: bytes) -> bytes:
    """Return *payload* as a record of an event file."""
    size = struct.pack("<Q", len(payload))
    return b"".join((size, struct.pack("<I", masked_crc(size)), payload, struct.pack("<I", masked_crc(payload))))


def event(step: int, *values: bytes, wall_time: float = 1.5) -> bytes:
    """Return an event with *values*."""
    summary = WireMessage()
    for value in values:
        summary.blob(1, value)
    return WireMessage().double(1, wall_time).varint(2, step).message(5, summary).encode()


def scalar(tag: str, number: float) -> bytes:
    """Return a number as torch writes it."""
    return WireMessage().text(1, tag).encode() + b"\x15" + struct.pack("<f", number)


def tensor(  # noqa: PLR0917 -- the fields of the message
    tag: str, plugin: str, shape: tuple[int, ...], dtype: int, content: bytes = b"", texts: Any = ()
) -> bytes:
    """Return a value as TensorFlow 2 writes everything."""
    sizes = WireMessage()
    for size in shape:
        sizes.message(2, WireMessage().varint(1, size))
    body = WireMessage().varint(1, dtype).message(2, sizes)
    if content:
        body.blob(4, content)
    for text in texts:
        body.blob(8, text)
    metadata = WireMessage().message(1, WireMessage().text(1, plugin))
    return WireMessage().text(1, tag).message(8, body).message(9, metadata).encode()


def write(path: Path, *events: bytes) -> None:
    """Append *events* to the file *path*; a new file begins with its version."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        path.write_bytes(record(WireMessage().double(1, 1.0).text(3, "brain.Event:2").encode()))
    with path.open("ab") as file:
        file.writelines(map(record, events))
