"""`FinishedRequest`: the facts of one request, and their line in the log."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timezone

UNKNOWN_ROUTE = "other"
_CLIENT_GONE = 499  # no answer was sent; the number that nginx uses


@dataclass
class FinishedRequest:
    """One request: *route* is the pattern of its address, *received* and *sent* are bytes of the bodies."""

    method: str
    route: str = UNKNOWN_ROUTE
    status: int = _CLIENT_GONE
    received: int = 0
    sent: int = 0
    seconds: float = 0.0

    def line(self) -> str:
        """Return the request as a line of JSON, with the time in UTC.

        Addresses may contain names and tokens, and headers keys: the line has the pattern of the address instead.
        """
        facts = {"time": datetime.now(timezone.utc).isoformat(timespec="milliseconds"), **vars(self)}
        return json.dumps(facts | {"method": self.method[:16], "seconds": round(self.seconds, 4)})
