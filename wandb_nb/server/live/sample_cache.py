"""`SampleCache`: samples of histories, for the next reader who asks for the same ones of a run that has no new rows."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import func, select

from wandb_nb.lru import SizedCache
from wandb_nb.server.storage.lines.line_sampling import sample_rows
from wandb_nb.server.storage.tables import runs, segment_shapes

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

_MAX_BYTES, _ENTRY_BYTES = 16 << 20, 300


class SampleCache:
    """The samples that were used last, in about *max_bytes*. Thread-safe."""

    def __init__(self, max_bytes: int = _MAX_BYTES) -> None:
        self._texts: SizedCache[str, str] = SizedCache(max_bytes)

    def rows(  # noqa: PLR0917 -- those of `sample_rows`
        self, connection: Connection, run: int, keys: Sequence[str], limit: int, first: int | None, last: int | None
    ) -> list[dict[str, Any]]:
        """Return what `sample_rows` returns; *connection* must not have uncommitted changes."""
        request = json.dumps([*_version(connection, run), keys, limit, first, last])
        text = self._texts.get(request)
        if text is not None:
            stored: list[dict[str, Any]] = json.loads(text)
            return stored
        rows = sample_rows(connection, run, keys, limit, first, last)
        text = json.dumps(rows)
        self._texts.put(request, text, len(request) + len(text) + _ENTRY_BYTES)
        return rows


def _version(connection: Connection, run: int) -> tuple[Any, ...]:
    """Return what differs after each change of the history of *run*: rows are added, or it counts as a rewrite."""
    rows = (
        select(func.coalesce(func.sum(segment_shapes.c.length), 0))
        .where(segment_shapes.c.run_id == run)
        .scalar_subquery()
    )
    return tuple(connection.execute(select(runs.c.uid, runs.c.rewrites, rows).where(runs.c.id == run)).one())
