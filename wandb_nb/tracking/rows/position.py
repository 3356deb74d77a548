"""Where a run is: the time since its start, and its last row."""

from __future__ import annotations

from time import monotonic, time
from typing import Any


class Position:
    """The runtime, which includes *earlier_runtime* of the run's earlier parts, and the last row.

    `last` is the step, runtime and wall time of the last row; None while there is none.
    """

    def __init__(self, start_time: float, earlier_runtime: float) -> None:
        # Durations do not follow the wall clock, which may jump.
        self.epoch = monotonic() - (time() - start_time) - earlier_runtime
        """The reading of the monotonic clock at which the run would have started without a pause."""
        self.last: tuple[int, float, float] | None = None
        self._end: float | None = None

    def runtime(self) -> float:
        """Return the seconds since the run started (until it ended)."""
        return (self._end or monotonic()) - self.epoch

    def end(self) -> None:
        """Let the runtime grow no further."""
        self._end = monotonic()

    def advance(self, step: float, runtime: float, timestamp: float) -> None:
        """Make this row of another process the last one of the run, if its step is later."""
        if self.last is None or step > self.last[0]:
            self.last = int(step), runtime, timestamp

    def as_summary(self) -> dict[str, Any]:
        """Return runtime, last step and its time under the keys that the summary has them."""
        runtime = int(self.runtime())
        values: dict[str, Any] = {"_runtime": runtime, "_wandb": {"runtime": runtime}}
        if self.last:
            step, _, timestamp = self.last
            values |= {"_step": step, "_timestamp": timestamp}
        return values
