"""Where a row stands among the others: its attempt and step, read without decoding the rest."""

from __future__ import annotations

from typing import Any

from wandb_nb.store.format import records, wire

_STEP_FIELD = 2


def body_of(payload: bytes) -> bytes:
    """Return a record without its number."""
    return payload[wire.read_varint(payload, 1)[1] :] if payload[:1] == b"\x08" else payload


def row_position(payload: bytes) -> tuple[float, int] | None:
    """Return attempt and step of a row; None for another record.

    Raises:
        WireError: It cannot be decoded.

    """
    body = body_of(payload)
    if body[:1] != records.ROW[:1]:
        return None
    step, attempt = 0, 0.0
    _, start = wire.read_varint(body, 1)
    for number, _, raw in wire.fields(body[start:]):
        if number == _STEP_FIELD and isinstance(raw, bytes):
            step = wire.signed(wire.read_varint(raw, 1)[0]) if raw[:1] == b"\x08" else 0
    if b"_attempt" in body:
        from wandb_nb.store.format import record_types  # only rows of resumed runs have an attempt
        from wandb_nb.store.format.decode import decode

        record = decode(payload)
        values: dict[Any, Any] = dict(record.items) if isinstance(record, record_types.HistoryRecord) else {}
        value = values.get(("_attempt",), 0)
        attempt = value if isinstance(value, (int, float)) else 0.0
    return attempt, step
