"""Sequence numbers for the requests that change a run, so that a delayed duplicate does no harm.

A request whose answer did not arrive is sent again, and so may arrive twice: the second time after later requests,
with an old summary or an incomplete row. The embedded server rejects it by its number; W&B's ignores the header.
"""

from __future__ import annotations

from typing import Protocol

HEADER = "X-Wandb-Nb-Order"


class SequenceState(Protocol):
    """Stores the number of the last request; `upload.progress.SyncProgress` does so on disk."""

    order: int


class RequestSequence:
    """Numbers for one run's requests. They rise over all processes that send it, because *state* outlives them."""

    def __init__(self, state: SequenceState) -> None:
        self._state = state

    def next_header(self) -> dict[str, str]:
        """Return the header of the next request; repetitions of it carry the same."""
        self._state.order += 1
        return {HEADER: str(self._state.order)}

    def is_superseded(self, server_number: object) -> bool:
        """Return whether the server had accepted a later request, *server_number*; then the same must be sent anew.

        That happens to a run whose progress file was lost, or that is also sent from elsewhere.
        """
        if not isinstance(server_number, int) or server_number <= self._state.order:
            return False
        self._state.order = server_number
        return True
