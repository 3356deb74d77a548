"""The history lines of a run that have media, found by their shapes and not by reading all lines."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from sqlalchemy import select

from wandb_nb.server.storage.lines.row_shapes import load_shapes
from wandb_nb.server.storage.tables import history

if TYPE_CHECKING:
    from sqlalchemy import Connection

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
    query = select(history.c.text).where(history.c.run_id == run, history.c.shape_id.in_(media_shapes))
    texts: list[str] = []
    left = MAX_BYTES
    for text in connection.execute(query.order_by(history.c.number.desc()).limit(MAX_ROWS)).scalars():
        left -= len(text)
        if texts and left < 0:
            break
        texts.append(text)
    return texts[::-1]
