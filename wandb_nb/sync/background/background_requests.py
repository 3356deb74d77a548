"""Answers requests of the user's process about a server; the HTTP client stays in the background process."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import AuthenticationError, CommError, RefusedError
from wandb_nb.store.runs.sync_progress import SyncProgress
from wandb_nb.sync.http.file_downloads import download
from wandb_nb.sync.http.operations import GraphQLClient
from wandb_nb.sync.http.request_sequence import RequestSequence
from wandb_nb.sync.http.transport import RequestSender, StopRequested, connect

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping

    from wandb_nb.sync.http.network import Network

UNAUTHORIZED, NOT_FOUND = 401, 404


def answer_request(request: Mapping[str, Any], network: Network, stop: threading.Event) -> dict[str, Any]:
    """Return the answer to *request*, or an `error` with its HTTP `status` (0 where a repetition may succeed).

    `answered` is then whether the server answered at all.

    `kind` is one of

    - "run": the server's record of a run, rewound first if `rewind` gives a step → `run`
    - "rows": its rows up to `step` → `rows`
    - "file": its file `name`, downloaded to the path `target` → `exists`
    - "permissions": the key's account and whether it may view the project → `viewer`, `can_view`

    With `once` there is one attempt and no waiting.
    """
    network = network.with_fewer_retries(0) if request.get("once") else network
    sender = RequestSender(connect(network), stop)
    try:
        return _answer(request, network, sender)
    except RefusedError as error:
        return {"error": str(error), "status": error.status}
    except AuthenticationError as error:
        return {"error": str(error), "status": UNAUTHORIZED}
    except CommError as error:
        return {"error": str(error), "status": 0, "answered": sender.is_answered}
    except StopRequested:
        return {"error": "the background process was stopped", "status": 0}


def _answer(request: Mapping[str, Any], network: Network, sender: RequestSender) -> dict[str, Any]:
    graphql = GraphQLClient(network, sender)
    run = (request.get("entity"), request.get("project"), request["run"])
    match request["kind"]:
        case "run":
            if request.get("rewind") is not None:
                graphql.rewind(RequestSequence(SyncProgress()), *run, int(request["rewind"]))
            return {"run": graphql.resume_status(*run)}
        case "rows":
            return {"rows": graphql.rows(*run, int(request["step"]))}
        case "file":
            return {"exists": _download(graphql, network, run, request)}
        case "permissions":
            return {"viewer": graphql.viewer(), "can_view": graphql.can_view(run[0], run[1])}
        case kind:
            return {"error": f"the background process does not answer requests of the kind {kind!r}", "status": 0}


def _download(graphql: GraphQLClient, network: Network, run: tuple[Any, Any, str], request: Mapping[str, Any]) -> bool:
    url = graphql.file_url(*run, request["name"])
    if url is None:
        return False
    try:
        download(network, url, Path(request["target"]))
    except RefusedError as error:
        if error.status != NOT_FOUND:  # servers list files that were announced and never came
            raise
        return False
    return True
