"""One server for the public API: requests, pages of answers, and downloads."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import CommError
from wandb_nb.sync.http.answers import as_list, as_object, as_text, well_formed
from wandb_nb.sync.http.network import Network
from wandb_nb.sync.http.operations import GraphQLClient
from wandb_nb.sync.http.request_sequence import RequestSequence
from wandb_nb.sync.http.transport import RequestSender, connect
from wandb_nb.untrusted_json import load_object

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from wandb_nb.settings import Resolved

_MAX_RETRIES = 3
_TIMEOUT_SECONDS = 29.0


class ServerConnection:
    """Requests to the server that *settings* name; each is tried four times. Not thread-safe."""

    def __init__(self, settings: Resolved, timeout_seconds: float | None) -> None:
        network = Network.from_settings(settings).with_fewer_retries(_MAX_RETRIES)
        limited = replace(network.graphql, timeout_seconds=timeout_seconds or _TIMEOUT_SECONDS)
        self.network = replace(network, graphql=limited)
        self.sender = RequestSender(connect(self.network), threading.Event())
        self.graphql = GraphQLClient(self.network, self.sender)

    @property
    def base_url(self) -> str:
        """The address of the server."""
        return self.network.base_url

    def project(self, operation: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Return the project in the answer to *operation*; empty if there is none.

        Raises:
            CommError: The server cannot be reached, refuses, or answers in another form.

        """
        data = self.graphql.execute(operation, variables)
        with well_formed(self.base_url, operation):
            return as_object(data.get("project"))

    def run(self, operation: str, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Return the run in the answer to *operation*; empty if there is none. Raises what `project` does."""
        project = self.project(operation, variables)
        with well_formed(self.base_url, operation):
            return as_object(project.get("run"))

    def pages(
        self, connection_of: Callable[[dict[str, Any]], dict[str, Any]], variables: Mapping[str, Any]
    ) -> Iterator[dict[str, Any]]:
        """Yield the nodes of all pages; *connection_of* asks for the page with the given variables."""
        cursor: str | None = None
        while True:
            connection = connection_of({**variables, "cursor": cursor})
            with well_formed(self.base_url, "a page"):
                nodes = [as_object(as_object(edge).get("node")) for edge in as_list(connection.get("edges"))]
                page = as_object(connection.get("pageInfo"))
                following = as_text(page.get("endCursor"))
            yield from nodes
            if not page.get("hasNextPage") or following == cursor or not nodes:
                return
            cursor = following

    def change_run(self, **fields: Any) -> None:
        """Change *fields* of the run whose `id` is among them."""
        self.graphql.upsert(RequestSequence(_FreshSequence()), **fields)


class _FreshSequence:
    """A sequence of this program's changes; the first answer of the server says how far others are."""

    order = 0


def parse_rows(lines: list[Any]) -> Iterator[dict[str, Any]]:
    """Yield the rows in JSON *lines*; a line that is not a JSON object raises CommError."""
    for line in lines:
        row = line if isinstance(line, dict) else load_object(as_text(line))
        if row is None:
            raise CommError("the server answered with a row that is not a JSON object")
        yield row
