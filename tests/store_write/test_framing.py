"""The log framing: frames are scanned back, whatever damage the bytes outside a record's blocks have."""

from __future__ import annotations

from zlib import crc32

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wandb_nb.store.format.framing import BLOCK, FILE_HEADER, Scan, frame, scan

sizes = st.one_of(st.integers(0, 300), st.integers(BLOCK - 30, BLOCK + 30), st.integers(0, 3 * BLOCK))
# A payload repeats its number in one byte, so that a mixed-up part is visible.
payload_lists = st.lists(sizes, max_size=12).map(
    lambda sizes: [f"{number}:".encode() + bytes((number + 1,)) * size for number, size in enumerate(sizes)]
)


def file_of(payloads: list[bytes]) -> bytes:
    """Return a run file with *payloads*."""
    return FILE_HEADER + frame(payloads, len(FILE_HEADER))


@given(payload_lists)
def test_a_file_scans_back(payloads):
    """Records of any size are scanned back whole, in order, and without damage."""
    data = file_of(payloads)
    assert scan(data) == Scan(payloads, len(data), [])


@given(payload_lists)
def test_framing_in_pieces_equals_framing_whole(payloads):
    """A record framed at its position equals the same record framed among others."""
    data = FILE_HEADER
    for payload in payloads:
        data += frame([payload], len(data))
    assert data == file_of(payloads)


@given(payload_lists, st.data())
def test_a_growing_file_gives_each_record_once(payloads, draw):
    """For any growth of a file, scanning after each step gives every record once, in order, without damage."""
    data = file_of(payloads)
    cuts = sorted(draw.draw(st.lists(st.integers(0, len(data)), max_size=8)))
    received: list[bytes] = []
    position = 0
    for cut in [*cuts, len(data)]:
        result = scan(data[position:cut], position)
        assert not result.damage
        received += result.payloads
        position = result.position
    assert received == payloads


@given(payload_lists, st.data())
def test_a_truncated_file_loses_only_its_last_record(payloads, draw):
    """A file cut anywhere gives the whole records before the cut; the rest is one damaged range when final."""
    data = file_of(payloads)
    cut = data[: draw.draw(st.integers(0, len(data)))]
    result = scan(cut)
    assert result.payloads == payloads[: len(result.payloads)]
    settled = scan(cut, final=True)
    assert settled.payloads == result.payloads
    assert [(lost.start, lost.end) for lost in settled.damage] == (
        [(result.position, len(cut))] if result.position < len(cut) else []
    )


@given(payload_lists, st.data())
def test_flipped_bytes_cost_only_the_blocks_they_are_in(payloads, draw):
    """Records outside the damaged blocks are recovered, and no false record appears."""
    data = bytearray(file_of(payloads))
    start = draw.draw(st.integers(0, len(data) - 1))
    junk = draw.draw(st.binary(min_size=1, max_size=64))
    end = min(len(data), start + len(junk))
    data[start:end] = junk[: end - start]
    result = scan(bytes(data), final=True)
    first_block, last_block = start // BLOCK, (end - 1) // BLOCK
    position, expected = len(FILE_HEADER), []
    for payload in payloads:
        after = position + len(frame([payload], position))
        if after <= first_block * BLOCK or position >= (last_block + 1) * BLOCK:
            expected.append(payload)
        position = after
    assert [payload for payload in result.payloads if payload in expected] == expected
    assert all(payload in payloads for payload in result.payloads)


@given(st.integers(0, 20), st.integers(0, 10))
def test_one_flipped_payload_byte_costs_one_record(index, place):
    """If the length of a broken chunk is right, its neighbours in the block are recovered."""
    payloads = [b"record %d of some length" % number for number in range(22)]
    data = bytearray(file_of(payloads))
    at = len(FILE_HEADER) + len(frame(payloads[:index], len(FILE_HEADER))) + 7 + place
    data[at] ^= 0x40
    result = scan(bytes(data))
    assert result.payloads == payloads[:index] + payloads[index + 1 :]
    assert len(result.damage) == 1


@given(st.binary(max_size=400), st.integers(0, 5 * BLOCK), st.booleans())
def test_any_bytes_scan(junk, position, final):
    """Random bytes at any position give a result with a position inside them."""
    result = scan(junk, position, final=final)
    assert position <= result.position <= position + len(junk)
    assert all(position <= lost.start < lost.end <= position + len(junk) for lost in result.damage)


def test_a_bad_chunk_at_the_end_waits_until_data_follows():
    """A reader of a file that is being written treats an unreadable end as unfinished, not as damage."""
    whole = file_of([b"one", b"two", b"three"])
    broken = bytearray(file_of([b"one", b"two"]))
    broken[-1] ^= 1
    waiting = scan(bytes(broken))
    assert waiting.payloads == [b"one"]
    assert not waiting.damage
    followed = scan(bytes(broken) + whole[len(broken) :])
    assert followed.payloads == [b"one", b"three"]
    assert [lost.reason for lost in followed.damage] == ["a chunk with a wrong checksum"]


def test_a_block_padded_after_a_failed_write_is_stepped_over():
    """After a partial record and zeros up to the block's end, the next record is found."""
    data = file_of([b"one", b"x" * 1000])[:-300]
    data += bytes(BLOCK - len(data))
    data += frame([b"after"], len(data))
    result = scan(data)
    assert result.payloads == [b"one", b"after"]
    assert result.position == len(data)


@pytest.mark.parametrize("room", range(15))
def test_any_room_at_the_end_of_a_block(room):
    """Space smaller than a chunk header is filled with zeros; space of exactly a header takes an empty first chunk."""
    payloads = [b"x" * (BLOCK - len(FILE_HEADER) - 7 - room), b"second", b"third"]
    data = file_of(payloads)
    assert scan(data) == Scan(payloads, len(data), [])
    if room < 7:
        assert data[BLOCK - room : BLOCK] == bytes(room)
        assert data[BLOCK + 7 :].startswith(b"second")


def test_the_bytes_are_the_documented_ones():
    """A chunk is CRC-32 of type and payload, length, type, payload, after the file header of seven bytes."""
    data = file_of([b"abc"])
    assert data[:7] == b":W&B\xe1\xbe\x00"
    assert data[7:] == crc32(b"\x01abc").to_bytes(4, "little") + b"\x03\x00" + b"\x01" + b"abc"


@pytest.mark.parametrize("byte", [0, 1, 0xFF])
def test_megabytes_of_garbage_are_one_damaged_range(byte):
    """The worst garbage is skipped block by block and reported as one range."""
    junk = bytes((byte,)) * (4 << 20)
    result = scan(junk, final=True)
    assert result.payloads == []
    assert [(lost.start, lost.end) for lost in result.damage] == [(0, len(junk))]
