"""Posts of rows, events, terminal lines and the summary, each line with the place where it belongs."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from wandb_nb.sync.http.transport import Request, spacing

if TYPE_CHECKING:
    from wandb_nb.sync.http.network import Network
    from wandb_nb.sync.http.operations import Bucket
    from wandb_nb.sync.http.request_sequence import RequestSequence
    from wandb_nb.sync.http.transport import Sender
    from wandb_nb.sync.upload.accumulator import RunAccumulator

MOST_CHARACTERS = 1 << 20
"""Of the lines in one post, which keeps memory small and a broken post cheap."""
HISTORY, EVENTS, SUMMARY, CONSOLE = "wandb-history.jsonl", "wandb-events.jsonl", "wandb-summary.json", "output.log"


class FileStream:
    """The stream of one run.  `post` sends one body and returns the server's answer.

    `spacing` is the number of seconds that the server wants between two posts, `stopped` whether it asks for an end.
    """

    def __init__(
        self,
        network: Network,
        sender: Sender,
        headers: dict[str, str],
        bucket: Bucket,
        order: RequestSequence,
        *,
        gzip: bool,
    ) -> None:
        self._network, self._sender, self._headers, self._gzip = network, sender, headers, gzip
        self._order = order
        names = "/".join(quote(name, safe="") for name in (bucket.entity, bucket.project, bucket.name))
        self._url = f"{network.base_url}/files/{names}/file_stream"
        self.spacing = 0.0
        self.stopped = False

    def post(self, body: dict[str, Any]) -> None:
        """Send *body*.  Raises what `Sender.send` raises."""
        data, headers = json.dumps(body).encode(), self._headers
        if self._gzip:
            data, headers = gzip.compress(data, 5), {**headers, "Content-Encoding": "gzip"}
        while self._order.overtaken(self._posted(data, {**headers, **self._order.header()})):
            pass

    def _posted(self, data: bytes, headers: dict[str, str]) -> object:
        """Send *data* and return the number of the last request that the server took, where it tells one."""
        retry = self._network.stream
        answer = self._sender.send(Request("POST", self._url, headers, data, retry.timeout), retry)
        self.spacing = spacing(answer.headers)
        try:
            told = answer.json()
        except ValueError:  # an answer of 2xx is one, whatever it says
            return None
        self.stopped = isinstance(told, dict) and bool(told.get("stopped"))
        return told.get("order") if isinstance(told, dict) else None


class StreamPost:
    """What goes into the next post of *fold*'s lines, and afterwards the note that the server has it."""

    def __init__(self, fold: RunAccumulator, bases: dict[str, int], *, with_open: bool, summary: str) -> None:
        self._fold = fold
        self.files: dict[str, dict[str, Any]] = {}
        history, events = fold.history.take(MOST_CHARACTERS), fold.events.take(MOST_CHARACTERS)
        self._taken = len(history), len(events)
        self._open = fold.history.open_line() if with_open and fold.history.size <= MOST_CHARACTERS else None
        if self._open is not None and len(history) + fold.history.have == fold.history.count:
            history.append(self._open)
        else:
            self._open = None
        first, self._console = fold.console.take()
        self._put(HISTORY, bases["history"] + fold.history.have, history)
        self._put(EVENTS, bases["events"] + fold.events.have, events)
        self._put(CONSOLE, bases["console"] + first, self._console)
        self._put(SUMMARY, 0, [summary] if summary else [])

    def _put(self, name: str, offset: int, lines: list[str]) -> None:
        if lines:
            self.files[name] = {"offset": offset, "content": lines}

    def acknowledge(self) -> None:
        """Note that the server has it."""
        self._fold.history.acknowledge(self._taken[0])
        self._fold.events.acknowledge(self._taken[1])
        if self._open is not None:
            self._fold.history.acknowledge_open(self._open)
        if self._console:
            self._fold.console.acknowledge()
