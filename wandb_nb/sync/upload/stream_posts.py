"""Posts of rows, events, console lines and the summary, each line with its number on the server."""

from __future__ import annotations

import gzip
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from wandb_nb.sync.http.transport import Request, post_spacing_seconds

if TYPE_CHECKING:
    from wandb_nb.sync.http.network import Network
    from wandb_nb.sync.http.operations import Bucket
    from wandb_nb.sync.http.request_sequence import RequestSequence
    from wandb_nb.sync.http.transport import RequestSender
    from wandb_nb.sync.upload.lines.accumulator import RunAccumulator

MAX_POST_CHARACTERS = 1 << 20
"""Of the lines in one post, which keeps memory small and a failed post cheap."""
HISTORY, EVENTS, SUMMARY, CONSOLE = "wandb-history.jsonl", "wandb-events.jsonl", "wandb-summary.json", "output.log"


class FileStream:
    """The stream of one run: `post` sends one body.

    `spacing_seconds` is the time the server asks for between two posts, `stop_requested` whether somebody pressed Stop
    on its page.
    """

    def __init__(
        self,
        network: Network,
        sender: RequestSender,
        headers: dict[str, str],
        bucket: Bucket,
        sequence: RequestSequence,
        *,
        gzip: bool,
    ) -> None:
        self._network, self._sender, self._headers, self._gzip = network, sender, headers, gzip
        self._sequence = sequence
        names = "/".join(quote(name, safe="") for name in (bucket.entity, bucket.project, bucket.name))
        self._url = f"{network.base_url}/files/{names}/file_stream"
        self.spacing_seconds = 0.0
        self.stop_requested = False

    def post(self, body: dict[str, Any]) -> None:
        """Send *body*. Raises what `RequestSender.send` raises."""
        data, headers = json.dumps(body).encode(), self._headers
        if self._gzip:
            data, headers = gzip.compress(data, 5), {**headers, "Content-Encoding": "gzip"}
        while self._sequence.is_superseded(self._post_once(data, {**headers, **self._sequence.next_header()})):
            pass

    def _post_once(self, data: bytes, headers: dict[str, str]) -> object:
        """Send *data* and return the number of the last request that the server accepted, if it names one."""
        retry = self._network.stream
        answer = self._sender.send(Request("POST", self._url, headers, data, retry.timeout_seconds), retry)
        self.spacing_seconds = post_spacing_seconds(answer.headers)
        try:
            content = answer.json()
        except ValueError:  # the status 2xx alone confirms the post
            return None
        self.stop_requested = isinstance(content, dict) and bool(content.get("stopped"))
        return content.get("order") if isinstance(content, dict) else None


class StreamPost:
    """The next post of a run's pending lines, and its acknowledgement once the server has it."""

    def __init__(self, run: RunAccumulator, bases: dict[str, int], *, with_open: bool, summary: str) -> None:
        self._run = run
        self.files: dict[str, dict[str, Any]] = {}
        history, events = run.history.take(MAX_POST_CHARACTERS), run.events.take(MAX_POST_CHARACTERS)
        self._history_count, self._event_count = len(history), len(events)
        self._open: list[str] = []
        if with_open and run.history.is_next(len(history)):
            self._open = run.history.open_lines()
        first, self._console = run.console.take()
        self._add(HISTORY, bases["history"] + run.history.acknowledged, history + self._open)
        self._add(EVENTS, bases["events"] + run.events.acknowledged, events)
        self._add(CONSOLE, bases["console"] + first, self._console)
        self._add(SUMMARY, 0, [summary] if summary else [])

    def _add(self, name: str, offset: int, lines: list[str]) -> None:
        if lines:
            self.files[name] = {"offset": offset, "content": lines}

    def acknowledge(self) -> None:
        """Record that the server has this post."""
        self._run.history.acknowledge(self._history_count)
        self._run.events.acknowledge(self._event_count)
        if self._open:
            self._run.history.acknowledge_open(self._open)
        if self._console:
            self._run.console.acknowledge()
