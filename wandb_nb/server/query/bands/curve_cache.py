"""`CurveCache`: the curves of runs, so that an open page of groups reads only those of runs that have changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb.lru import SizedCache
from wandb_nb.server.query.bands.metric_curve import load_metric_curve

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from wandb_nb.server.query.bands.metric_curve import MetricCurve

_MAX_BYTES, _ENTRY_BYTES = 16 << 20, 1_000  # some two thousand curves


class CurveCache:
    """The curves that were used last. Thread-safe."""

    def __init__(self, max_bytes: int = _MAX_BYTES) -> None:
        self._curves: SizedCache[tuple[str, str, str], tuple[int, MetricCurve | None]] = SizedCache(max_bytes)

    def curve(self, connection: Connection, row: Any, metric: str, x: str) -> MetricCurve | None:
        """Return what `load_metric_curve` returns for the run in *row*.

        *connection* must not see an earlier state of the run than *row*.
        """
        key = row.uid, metric, x
        version, curve = self._curves.get(key) or (-1, None)
        if version != row.version:
            curve = load_metric_curve(connection, row.id, metric, x)
            numbers = curve.x.nbytes + curve.y.nbytes if curve is not None else 0
            self._curves.put(key, (row.version, curve), numbers + 4 * (len(metric) + len(x)) + _ENTRY_BYTES)
        return curve
