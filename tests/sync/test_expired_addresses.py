"""An upload address that has expired: the client asks for another one, once, and says what remains refused."""

from __future__ import annotations

import json
import threading

from wandb_nb.sync.http.file_uploads import FileUploads
from wandb_nb.sync.http.network import Network
from wandb_nb.sync.http.operations import Bucket, GraphQLClient
from wandb_nb.sync.http.transport import Request, RequestSender, Response


class ExpiringServer:
    """Gives an address per announcement, and takes files only at those that it gave from number *first* on."""

    def __init__(self, first: int) -> None:
        self.first, self.given = first, 0
        self.requests: list[str] = []
        self.problems: list[str] = []

    def uploads(self) -> FileUploads:
        """Return uploads to this server."""
        network, bucket = Network("http://server", "k" * 40), Bucket("b", "e", "p", "r", "", inserted=False)
        sender = RequestSender(self.answer, threading.Event())
        return FileUploads(network, sender, GraphQLClient(network, sender), bucket, self.problems.append)

    def answer(self, request: Request) -> Response:
        """Answer an announcement or an upload."""
        self.requests.append(f"{request.method} {request.url.rpartition('/')[2]}")
        if request.method == "PUT":
            return Response(200 if int(request.url[-1]) >= self.first else 403)
        assert isinstance(request.body, bytes)
        names = json.loads(request.body)["variables"]["files"]
        self.given += 1
        files = [{"name": name, "uploadUrl": f"http://store/{name}{self.given}"} for name in names]
        data = {"createRunFiles": {"uploadHeaders": [], "files": files}}
        return Response(200, {}, json.dumps({"data": data}).encode())


def test_a_file_gets_another_address() -> None:
    """Only the file whose address has expired is announced again, and all arrive without a problem."""
    server = ExpiringServer(2)
    assert list(server.uploads().send({"a": b"1", "b": b"2"})) == ["a", "b"]
    expected = ["POST graphql", "PUT a1", "POST graphql", "PUT a2", "PUT b1", "POST graphql", "PUT b3"]
    assert (server.requests, server.problems) == (expected, [])


def test_a_refusal_is_final_the_second_time() -> None:
    """A file that is refused at a new address, too, is a problem, and is not sent for ever."""
    server = ExpiringServer(9)
    assert list(server.uploads().send({"a": b"1"})) == []
    assert server.requests == ["POST graphql", "PUT a1", "POST graphql", "PUT a2"]
    assert len(server.problems) == 1
    assert "the file a was not sent" in server.problems[0]


def test_an_address_without_renewal() -> None:
    """Where no other address can be had, a refusal is final; where the server has the file by now, it is done."""
    server = ExpiringServer(9)
    assert not server.uploads().put("a", "http://store/a1", {}, b"1")
    assert server.uploads().put("a", "http://store/a1", {}, b"1", lambda _graphql: ("", {}))
    assert (server.requests, len(server.problems)) == (["PUT a1", "PUT a1"], 1)
