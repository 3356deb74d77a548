"""Random damage to the files of a run."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from wandb_nb.store.format.framing import FILE_HEADER, frame, scan
from wandb_nb.store.format.layout import run_file

if TYPE_CHECKING:
    from random import Random

GOLDEN = sorted((Path(__file__).parent / "golden").glob("*.wandb"))
# What readers of JSON, numbers and protobuf stumble over.
PIECES = (
    *(
        b"NaN",
        b"-Infinity",
        b"1e999",
        b"1" * 400,
        b"-0",
        b"null",
        b"true",
        b'""',
        b"{}",
        b"[]",
        b'"\\ud800"',
        b"\\u0000",
    ),
    *(
        b"[" * 5000,
        b"[" * 900 + b"]" * 900,
        b'{"a":' * 450 + b"1" + b"}" * 450,
        b'{"a":' * 3000,
        b'"' * 7,
        b"\xff" * 11,
        b"\x00" * 9,
        b"\x80" * 10,
        b"\xed\xa0\x80",
        b"_wandb",
        b"_step",
    ),
    *(b"." * 300, b"\x12\x7f", b"\x0a\xff\xff\xff\xff\x0f", b"9" * 20, b"\n", b"\\", b"_runtime", b"_timestamp", b"-1"),
)


def damaged_run(original: Path, folder: Path, random: Random) -> Path:
    """Return a copy of a run in *folder* with damage in its run file and in some of its other files."""
    directory = folder / original.name
    shutil.copytree(original, directory)
    file = run_file(directory)
    content = random.choice([file, *GOLDEN]).read_bytes()
    file.write_bytes(damaged_records(content, random) if random.random() < 0.7 else damaged(content, random))
    for path in sorted(directory.rglob("*")):
        if path.is_file() and path != file and random.random() < 0.5:
            path.write_bytes(damaged(path.read_bytes(), random))
    return directory


def damaged_records(content: bytes, random: Random) -> bytes:
    """Return a run file whose records are damaged, but with valid checksums: what a person writes on purpose."""
    payloads = scan(content, len(FILE_HEADER), final=True).payloads
    for _ in range(random.randint(1, 20)):
        at = random.randrange(len(payloads))
        payloads[at] = damaged(payloads[at], random)
        if random.random() < 0.2:
            payloads.insert(random.randrange(len(payloads)), random.choice(payloads))
    return FILE_HEADER + frame(payloads, len(FILE_HEADER))


def damaged(content: bytes, random: Random) -> bytes:
    """Return *content* with bytes changed, lost, repeated or inserted."""
    data = bytearray(content)
    for _ in range(random.randint(1, 6)):
        start = random.randrange(len(data) + 1)
        end = min(len(data), start + random.choice([1, 1, 2, 8, 100]))
        kind = random.randrange(5)
        if kind == 0 and start < end:
            data[start] ^= 1 << random.randrange(8)
        elif kind == 1:
            del data[start:end]
        elif kind == 2:
            data[start:start] = data[start:end] * random.choice([1, 2, 30])
        elif kind == 3:
            data[start:end] = random.choice(PIECES)
        else:
            data[start:end] = random.randbytes(end - start)
    return bytes(data)
