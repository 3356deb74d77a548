"""What the user's process wants to know of the server, asked by the background process, which has the HTTP client."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import AuthenticationError, CommError, RefusedError
from wandb_nb.sync.http.file_downloads import download
from wandb_nb.sync.http.operations import GraphQLClient
from wandb_nb.sync.http.request_sequence import RequestSequence
from wandb_nb.sync.http.transport import Sender, Stopped, connect
from wandb_nb.sync.upload.progress import SyncProgress

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping

    from wandb_nb.sync.http.network import Network

UNAUTHORIZED, NOT_FOUND = 401, 404


def answer(question: Mapping[str, Any], network: Network, stop: threading.Event) -> dict[str, Any]:
    """Return what the server says to *question*; with an `error`, and its `status`, where it says nothing useful.

    `what` is "held": what is known of a run, after it was taken back to the step `rewind` if one is given; "row": the
    rows up to a step; "file": a file of a run, put at the path `to`; or "rights": whose key this is, and whether it may
    look at the project.  `once`: one attempt, no waiting.
    """
    try:
        return _asked(question, network.impatient(0) if question.get("once") else network, stop)
    except RefusedError as error:
        return {"error": str(error), "status": error.status}
    except AuthenticationError as error:
        return {"error": str(error), "status": UNAUTHORIZED}
    except CommError as error:
        return {"error": str(error), "status": 0}
    except Stopped:
        return {"error": "the background process was ended", "status": 0}


def _asked(question: Mapping[str, Any], network: Network, stop: threading.Event) -> dict[str, Any]:
    graphql = GraphQLClient(network, Sender(connect(network), stop))
    where = (question.get("entity"), question.get("project"), question["run"])
    match question["what"]:
        case "rows":
            return {"rows": graphql.rows(*where, int(question["step"]))}
        case "file":
            return {"found": _fetch(graphql, network, where, question)}
        case "rights":
            return {"viewer": graphql.viewer(), "sees": graphql.sees(where[0], where[1])}
        case _:
            if question.get("rewind") is not None:
                graphql.rewind(RequestSequence(SyncProgress()), *where, int(question["rewind"]))
            return {"held": graphql.resume_status(*where)}


def _fetch(graphql: GraphQLClient, network: Network, where: tuple[Any, Any, str], question: Mapping[str, Any]) -> bool:
    url = graphql.file_url(*where, question["name"])
    if url is None:
        return False
    try:
        download(network, url, Path(question["to"]))
    except RefusedError as error:
        if error.status != NOT_FOUND:  # servers name files that were announced and never came
            raise
        return False
    return True
