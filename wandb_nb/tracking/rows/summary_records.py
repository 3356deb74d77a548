"""The records of a summary: when its changes are stored, and what a record has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb.store.format import records
from wandb_nb.store.format.json_value import to_json

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wandb_nb.tracking.rows.position import Position
    from wandb_nb.tracking.rows.summary import Summary

INTERVAL_SECONDS = 1.0


class SummaryRecords:
    """The records of *summary*, whose rows move *position*. Not thread-safe: the row logger holds its lock.

    Each has all changes so far: readers take a record of the summary as one that counts all rows before it.
    """

    def __init__(self, summary: Summary, position: Position) -> None:
        self._summary, self._position = summary, position
        self._due_at = 0.0

    def due(self, now: float) -> tuple[bytes, ...]:
        """Return the record of what rows have changed, if there is something and the last one is a second old."""
        if now < self._due_at:
            return ()
        self._due_at = now + INTERVAL_SECONDS
        changes = self._summary._take_changes()  # noqa: SLF001 -- the summary is part of the row's way
        return (self._with_position(changes),) if changes else ()

    def changed(self, update: Mapping[str, Any], remove: tuple[str, ...]) -> bytes:
        """Return the record of what the user has set and removed."""
        return _record({**self._summary._take_changes(), **update}, remove)  # noqa: SLF001 -- as above

    def final(self) -> bytes:
        """Return the record that follows all rows."""
        return self._with_position(self._summary._take_changes())  # noqa: SLF001 -- as above

    def _with_position(self, changes: Mapping[str, Any]) -> bytes:
        return _record({**changes, **self._position.as_summary()})


def _record(values: Mapping[str, Any], remove: tuple[str, ...] = ()) -> bytes:
    return records.summary({key: to_json(value, key) for key, value in values.items()}, remove)
