"""Several uploads concurrently: how many, in which order their results are, and what ends them."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

import pytest

from wandb_nb.errors import RefusedError
from wandb_nb.sync.http.file_uploads import FileUploads
from wandb_nb.sync.http.network import Network
from wandb_nb.sync.http.operations import Bucket, GraphQLClient
from wandb_nb.sync.http.transport import Request, RequestSender, Response
from wandb_nb.sync.http.upload_pool import MAX_CONCURRENT_UPLOADS, UploadPool

if TYPE_CHECKING:
    from collections.abc import Callable


class GatheringServer:
    """Answers a put once as many arrived as may be sent concurrently, and refuses names that end in "no"."""

    def __init__(self) -> None:
        self.connections = 0
        self.names: list[str] = []
        self._gate = threading.Barrier(MAX_CONCURRENT_UPLOADS)

    def connect(self) -> FileUploads:
        """Return uploads over a connection that only one thread may use."""
        self.connections += 1
        busy = threading.Lock()

        def transport(request: Request) -> Response:
            assert busy.acquire(blocking=False)
            try:
                return self._answer(request.url.rpartition("/")[2])
            finally:
                busy.release()

        network, bucket = Network("http://server", "k" * 40), Bucket("b", "e", "p", "r", "", inserted=False)
        sender = RequestSender(transport, threading.Event())
        return FileUploads(network, sender, GraphQLClient(network, sender), bucket, lambda _problem: None)

    def _answer(self, name: str) -> Response:
        self.names.append(name)
        self._gate.wait(60)
        return Response(403 if name.endswith("no") else 200)


def job(name: str) -> Callable[[FileUploads], str]:
    """Return an upload of an empty file that returns its name; a refused one raises."""

    def upload(uploads: FileUploads) -> str:
        if not uploads.put(name, f"http://server/{name}", {}, b""):
            raise RefusedError(name, 403)
        return name

    return upload


def test_several_are_sent_concurrently_over_few_connections() -> None:
    """Uploads overlap, each thread has a connection of its own, which stays, and the results are in order."""
    server = GatheringServer()
    pool = UploadPool(server.connect)
    names = [f"{number}" for number in range(2 * MAX_CONCURRENT_UPLOADS)]
    assert pool.run([job(name) for name in names]) == names
    assert pool.run([job(name) for name in names]) == names
    assert server.connections == MAX_CONCURRENT_UPLOADS
    assert pool.run([]) == []


def test_a_failure_ends_the_rest() -> None:
    """The first error is raised once all begun uploads have ended, and no other one is begun."""
    server = GatheringServer()
    names = [f"{number}no" for number in range(3 * MAX_CONCURRENT_UPLOADS)]
    with pytest.raises(RefusedError, match="no"):
        UploadPool(server.connect).run([job(name) for name in names])
    assert sorted(server.names) == sorted(names[:MAX_CONCURRENT_UPLOADS])
