"""History in segments: successive rows as one value, by columns, instead of one row of the database each."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from alembic import op

from wandb_nb.server.storage.migrations.first_segments import make_segments

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

revision = "0009"
down_revision = "0008"

_BATCH = 4096  # a multiple of the rows of a segment
_HISTORY = sa.table("history", *map(sa.column, ("run_id", "number", "text")))
_SHAPES = sa.table("shapes", *map(sa.column, ("id", "run_id", "leaves")))
_SEGMENTS = sa.table(
    "segments",
    *map(sa.column, ("run_id", "first", "length", "min_step", "max_step")),
    sa.column("data", sa.LargeBinary),
)
_SEGMENT_SHAPES = sa.table("segment_shapes", *map(sa.column, ("run_id", "first", "place", "shape_id", "length")))


def upgrade() -> None:
    """Create the tables of segments, move all rows into them, and drop the table of rows."""
    _create_tables()
    connection = op.get_bind()
    for run_id in connection.execute(sa.select(_HISTORY.c.run_id).distinct()).scalars().all():
        shape_ids = {
            row.leaves: row.id for row in connection.execute(sa.select(_SHAPES).where(_SHAPES.c.run_id == run_id)).all()
        }
        for first, texts in _successive_rows(connection, run_id):
            _insert(connection, run_id, shape_ids, first, texts)
    op.drop_table("history")


def _create_tables() -> None:
    op.create_table(
        "segments",
        sa.Column("run_id", sa.Integer, sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("first", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("length", sa.Integer, nullable=False),
        sa.Column("min_step", sa.BigInteger, nullable=False),
        sa.Column("max_step", sa.BigInteger, nullable=False),
        sa.Column("data", sa.LargeBinary, nullable=False),
        sa.Index("segments_by_step", "run_id", "min_step", "max_step", "first"),
    )
    op.create_table(
        "segment_shapes",
        sa.Column("run_id", sa.Integer, sa.ForeignKey("runs.id", ondelete="CASCADE"), primary_key=True),
        sa.Column("first", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("place", sa.Integer, primary_key=True, autoincrement=False),
        sa.Column("shape_id", sa.Integer, nullable=False),
        sa.Column("length", sa.Integer, nullable=False),
        sa.Index("segments_by_shape", "run_id", "shape_id", "first", "place", "length"),
    )


def _successive_rows(connection: Any, run_id: int) -> Iterator[tuple[int, list[str]]]:
    """Yield rows whose numbers follow each other: the number of the first, and their texts."""
    number = _HISTORY.c.number
    of_run = _HISTORY.c.run_id == run_id
    query = sa.select(number, _HISTORY.c.text).where(of_run).order_by(number)
    start = 0
    while (next_row := connection.execute(query.where(number >= start).limit(1)).first()) is not None:
        start = next_row.number - next_row.number % _BATCH
        texts: list[str] = []
        first = start
        for row in connection.execute(query.where(number >= start, number < start + _BATCH)).all():
            if row.number != first + len(texts):
                if texts:
                    yield first, texts
                first, texts = row.number, []
            texts.append(row.text)
        yield first, texts
        start += _BATCH


def _insert(connection: Any, run_id: int, shape_ids: dict[str, int], first: int, texts: Sequence[str]) -> None:
    for part in make_segments(first, texts):
        values = {"length": part.length, "min_step": part.min_step, "max_step": part.max_step, "data": part.data}
        connection.execute(sa.insert(_SEGMENTS).values(run_id=run_id, first=part.first, **values))
        for place, (shape, length) in enumerate(part.shapes.items()):
            leaves = json.dumps(shape)
            if leaves not in shape_ids:
                connection.execute(sa.insert(_SHAPES).values(run_id=run_id, leaves=leaves))
                query = sa.select(sa.func.max(_SHAPES.c.id)).where(_SHAPES.c.run_id == run_id)
                shape_ids[leaves] = connection.execute(query).scalar_one()
            values = {"place": place, "shape_id": shape_ids[leaves], "length": length}
            connection.execute(sa.insert(_SEGMENT_SHAPES).values(run_id=run_id, first=part.first, **values))
