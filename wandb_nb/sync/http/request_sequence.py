"""The order of the requests that change a run, so that one which was under way too long does no harm.

A request whose answer did not come is sent again, and so may arrive twice: the second time after others that came
later, with an old summary or half a row.  The embedded server turns it away by its number; W&B's knows no such header.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wandb_nb.sync.upload.progress import SyncProgress

HEADER = "X-Wandb-Nb-Order"


class RequestSequence:
    """Numbers for one run's requests, which rise over all processes that send it: the last one is in its *cursor*."""

    def __init__(self, cursor: SyncProgress) -> None:
        self._cursor = cursor

    def header(self) -> dict[str, str]:
        """Return the header of the next request; its repetitions carry the same."""
        self._cursor.order += 1
        return {HEADER: str(self._cursor.order)}

    def overtaken(self, told: object) -> bool:
        """Tell whether the server had taken a later request, as *told* by it: then the same must be sent anew.

        That is so for a run whose cursor was lost, or that is sent from elsewhere too.
        """
        if not isinstance(told, int) or told <= self._cursor.order:
            return False
        self._cursor.order = told
        return True
