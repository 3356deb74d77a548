"""Sequence numbers for the requests that change a run, so that a delayed duplicate does no harm.

A request whose answer did not arrive is sent again, and so may arrive twice: the second time after later requests,
with an old summary or an incomplete row. The embedded server rejects it by its number; W&B's ignores the header.
"""

from __future__ import annotations

from typing import Protocol

from wandb_nb.errors import CommError

HEADER = "X-Wandb-Nb-Order"
MAX_NUMBER, MAX_REPEATS = 1 << 62, 20


class SequenceState(Protocol):
    """Stores the number of the last request; `store.runs.sync_progress.SyncProgress` does so on disk."""

    order: int


class RequestSequence:
    """Numbers for one run's requests. They rise over all processes that send it, because *state* outlives them."""

    def __init__(self, state: SequenceState) -> None:
        self._state = state
        self._repeats = 0

    def next_header(self) -> dict[str, str]:
        """Return the header of the next request; repetitions of it carry the same."""
        self._state.order += 1
        return {HEADER: str(self._state.order)}

    def is_superseded(self, server_number: object) -> bool:
        """Return whether the server had accepted a later request, *server_number*; then the same must be sent anew.

        That happens to a run whose progress file was lost, or that is also sent from elsewhere.

        Raises:
            CommError: The server does so again and again.
        """
        if not isinstance(server_number, int) or isinstance(server_number, bool) or server_number > MAX_NUMBER:
            return False
        if server_number <= self._state.order:
            self._repeats = 0
            return False
        self._repeats += 1
        if self._repeats > MAX_REPEATS:
            raise CommError("the server keeps answering that it has a later request of this run")
        self._state.order = server_number
        return True
