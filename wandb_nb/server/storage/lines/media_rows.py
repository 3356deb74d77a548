"""The history lines of a run that have media, found by their shapes and not by reading all lines."""

from __future__ import annotations

import re
from itertools import islice
from typing import TYPE_CHECKING

from wandb_nb.server.storage.lines.row_shapes import load_shapes
from wandb_nb.server.storage.lines.segment_queries import find_spans
from wandb_nb.server.storage.lines.segment_store import load_segments

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from sqlalchemy import Connection

    from wandb_nb.server.storage.lines.segment_queries import Span

MAX_ROWS = 1_000
MAX_BYTES = 8 << 20  # about, of all lines
_MEDIA_TYPES = re.compile(r".+-file|images/separated|audio|videos|html|object3D|molecule")


def media_rows(connection: Connection, run: int) -> list[str]:
    """Return the newest lines with media, at most `MAX_ROWS`, oldest first."""
    media_shapes = [
        shape_id
        for shape, shape_id in load_shapes(connection, run).items()
        if any(_MEDIA_TYPES.fullmatch(kind) for _, kind in shape)
    ]
    if not media_shapes:
        return []
    texts: list[str] = []
    left = MAX_BYTES
    for text in islice(_newest_first(connection, run, find_spans(connection, run, media_shapes, None)), MAX_ROWS):
        left -= len(text)
        if texts and left < 0:
            break
        texts.append(text)
    return texts[::-1]


def _newest_first(connection: Connection, run: int, spans: Sequence[Span]) -> Iterator[str]:
    for span in reversed(spans):
        for _, segment in load_segments(connection, run, [span.first]):
            yield from reversed(segment.texts(span.positions(segment, None)))
