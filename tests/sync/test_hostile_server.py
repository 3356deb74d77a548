"""Broken or lying servers: their answers are bounded, checked and safe to print, and they get no credentials."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import resource
import threading
import time
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any

import pytest
from scripted_server import ScriptedServer
from sending import KEY, network, run_file, send, start
from threaded_server import ThreadedServer

from wandb_nb.errors import CommError, RefusedError
from wandb_nb.store.runs.sync_progress import SyncProgress
from wandb_nb.sync.http import file_downloads
from wandb_nb.sync.http.file_downloads import download
from wandb_nb.sync.http.network import Network, RetryPolicy
from wandb_nb.sync.http.operations import GraphQLClient
from wandb_nb.sync.http.origin import is_same_origin, may_redirect
from wandb_nb.sync.http.request_sequence import RequestSequence
from wandb_nb.sync.http.transport import Request, RequestSender, Response, connect

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

ONCE = RetryPolicy(max_retries=0, min_wait_seconds=0.0, timeout_seconds=10.0)
ESCAPES = "\x1b]0;owned\x07\x1b[2J\u202egnp.exe\r\n\x9b31m"


class Raw(ThreadedServer):
    """Answers each request with *answer*, a function of the handler; `requests` has path and headers of each."""

    def __init__(self, answer: Callable[[BaseHTTPRequestHandler], None]) -> None:
        super().__init__(_Handler, 0)
        self.answer = answer
        self.requests: list[tuple[str, dict[str, str]]] = []


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        self.close_connection = True  # unless the answer has "Connection: keep-alive"
        with suppress(OSError):  # the client gave up
            self.server.answer(self)

    do_GET = do_PUT = do_CONNECT = do_POST  # noqa: N815 -- the base class's names

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the base class's name
        """Suppress output."""


@contextmanager
def serving(answer: Callable[[BaseHTTPRequestHandler], None]) -> Iterator[Raw]:
    """Return a running server."""
    with Raw(answer) as running:
        yield running


def reply(body: bytes, status: int = 200, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    """Return an answer with *body*."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in {"Content-Length": str(len(body)), "Connection": "close", **headers}.items():
            handler.send_header(name.replace("_", "-"), value)
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def endless(handler: BaseHTTPRequestHandler) -> None:
    """Send zeros until the client disconnects."""
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(bytes(1 << 20))


def dripping(handler: BaseHTTPRequestHandler) -> None:
    """Send single bytes forever."""
    handler.send_response(200)
    handler.end_headers()
    while True:
        handler.wfile.write(b" ")
        time.sleep(0.05)


def trickle(beginning: bytes, endless: bytes = b"0") -> Callable[[BaseHTTPRequestHandler], None]:
    """Return an answer that has *beginning*, and then *endless* again and again."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(beginning)
        while True:
            handler.wfile.write(endless)
            time.sleep(0.05)

    return answer


def connection(url: str) -> Network:
    """Return the connection to *url* with a single attempt."""
    return Network(url, KEY, graphql=ONCE, stream=ONCE, transfer=ONCE)


def client(url: str) -> GraphQLClient:
    """Return a client with a single attempt."""
    return GraphQLClient(connection(url), RequestSender(connect(connection(url)), threading.Event()))


BOMB = gzip.compress(bytes(1 << 30), 1)


@pytest.mark.parametrize("kind", ["endless", "gzip", "brotli"])
def test_large_answers_are_not_read_whole(kind: str) -> None:
    """Endless answers, and small ones that unpack to a gigabyte, are an error and use little memory."""
    answers = {
        "endless": endless,
        "gzip": reply(BOMB, Content_Encoding="gzip"),
        "brotli": reply(b"x", Content_Encoding="br"),
    }
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with serving(answers[kind]) as server, pytest.raises(CommError, match="did not answer after 1 attempts"):
        client(server.url).viewer()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400 << 10  # kilobytes


def test_packed_answers_of_a_proxy_are_read() -> None:
    """A gzip answer of a harmless size, as some proxies make it, is unpacked."""
    body = gzip.compress(json.dumps({"data": {"viewer": {"entity": "me"}}}).encode())
    with serving(reply(body, Content_Encoding="gzip")) as server:
        assert client(server.url).viewer()["entity"] == "me"


def test_dripping_answers_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """An answer that arrives byte by byte is given up after a time, although no single byte is late."""
    monkeypatch.setattr("wandb_nb.sync.http.response_body.MAX_ANSWER_SECONDS", 0.5)
    began = time.monotonic()
    with serving(dripping) as server, pytest.raises(CommError, match="did not answer"):
        client(server.url).viewer()
    assert time.monotonic() - began < 10


TRICKLES = {
    "status line": trickle(b"HTTP/1.1 200 "),
    "header": trickle(b"HTTP/1.1 200 OK\r\nX-Name: "),
    "continue": trickle(b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "chunk size": trickle(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
    "trailer": trickle(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n", b"A: b\r\n"),
}


@pytest.mark.parametrize("by_proxy", [False, True])
@pytest.mark.parametrize("kind", TRICKLES)
def test_the_timeout_limits_headers_as_a_whole(kind: str, by_proxy: bool) -> None:
    """An answer whose header, chunk or trailer trickles ends by the timeout; the session's next one is complete."""
    with serving(TRICKLES[kind]) as server:
        url, proxies = ("http://server.test", {"http": server.url}) if by_proxy else (server.url, {})
        send_request = connect(Network(url, KEY, proxies=proxies))
        began = time.monotonic()
        with pytest.raises(CommError, match=r"Read timed out|ReadTimeoutError"):
            send_request(Request("GET", url, timeout_seconds=0.5))
        assert time.monotonic() - began < 5
        server.answer = reply(b"content")
        assert send_request(Request("GET", url)).body == b"content"


def test_the_timeout_limits_a_proxys_answer_to_connect() -> None:
    """A proxy that trickles its answer to CONNECT is given up."""
    with serving(TRICKLES["header"]) as server:
        send_request = connect(Network("https://server.test", KEY, proxies={"https": server.url}))
        began = time.monotonic()
        with pytest.raises(CommError, match="timed out"):
            send_request(Request("GET", "https://server.test", timeout_seconds=0.5))
        assert time.monotonic() - began < 5


def test_silence_ends_without_a_configured_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """An upload that has no timeout is given up after the longest time for an answer."""
    monkeypatch.setattr("wandb_nb.sync.http.transport.MAX_ANSWER_SECONDS", 0.3)
    with serving(lambda _handler: time.sleep(2)) as server, pytest.raises(CommError, match="timed out"):
        connect(connection(server.url))(Request("PUT", server.url, body=b"content", timeout_seconds=None))


def test_a_kept_connection_starts_each_answer_anew() -> None:
    """Three answers over one connection take longer than the timeout together, and each is complete."""
    ports: list[int] = []

    def answer(handler: BaseHTTPRequestHandler) -> None:
        ports.append(handler.client_address[1])
        time.sleep(0.4)
        reply(b"content", Connection="keep-alive")(handler)

    with serving(answer) as server:
        send_request = connect(connection(server.url))
        bodies = [send_request(Request("GET", server.url, timeout_seconds=1.0)).body for _ in range(3)]
    assert (bodies, len(ports), len(set(ports))) == ([b"content"] * 3, 3, 1)


def test_the_body_of_a_redirect_is_bounded() -> None:
    """A redirect whose body has no end is an error, as other answers without end are."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", "/elsewhere")
        handler.end_headers()
        while True:
            handler.wfile.write(bytes(1 << 20))

    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with serving(answer) as server, pytest.raises(CommError, match="more than"):
        client(server.url).viewer()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 400 << 10  # kilobytes


@pytest.mark.parametrize("kind", ["endless", "gzip", "liar"])
def test_downloads_are_bounded(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A download has at most the announced size and the free disk space, is never unpacked, and leaves nothing."""
    monkeypatch.setattr(file_downloads, "MAX_UNSIZED_BYTES", 8 << 20)
    huge = {"Content_Length": str(1 << 60)}
    answers = {"endless": endless, "gzip": reply(BOMB, Content_Encoding="gzip"), "liar": reply(b"x", **huge)}
    with serving(answers[kind]) as server, pytest.raises(CommError):
        download(connection(server.url), "/file", tmp_path / "file")
    assert list(tmp_path.iterdir()) == []


def piecewise(content: bytes, etag: str, status: int = 206) -> Callable[[BaseHTTPRequestHandler], None]:
    """Return an answer that is broken off after 2 MiB, and to a request for the rest brings that with *status*."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        start = int(handler.headers.get("Range", "bytes=0-")[6:-1])
        handler.send_response(status if start else 200)
        handler.send_header("ETag", etag)
        handler.send_header("Content-Length", str(len(content) - start))
        handler.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        handler.end_headers()
        handler.wfile.write(content[start : start + (2 << 20)])

    return answer


def test_a_broken_download_continues(tmp_path: Path) -> None:
    """A download that is broken off continues where it ended, however often, and its digest is that of the whole."""
    content, digest = bytes(range(256)) * (5 << 12), hashlib.md5(usedforsecurity=False)
    with serving(piecewise(content, '"a"')) as server:
        download(connection(server.url), "/file", tmp_path / "file", digest)
    assert (tmp_path / "file").read_bytes() == content
    assert digest.digest() == hashlib.md5(content, usedforsecurity=False).digest()
    assert [headers.get("range") for _, headers in server.requests] == [None, "bytes=2097152-", "bytes=4194304-"]
    assert [headers.get("if-range") for _, headers in server.requests] == [None, '"a"', '"a"']


@pytest.mark.parametrize(("etag", "status"), [('"a"', 200), ('"a"', 404), ('W/"a"', 206), ("", 206)])
def test_another_file_is_not_continued(etag: str, status: int, tmp_path: Path) -> None:
    """A download that is broken off fails where the file has changed, is gone, or has no strong ETag."""
    with serving(piecewise(bytes(5 << 20), etag, status)) as server, pytest.raises(CommError, match="broken off"):
        download(connection(server.url), "/file", tmp_path / "file")
    assert list(tmp_path.iterdir()) == []


def test_redirects_get_no_credentials(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A redirected download gets neither the key nor a netrc password; a redirected query is an error."""
    (tmp_path / "netrc").write_text("machine localhost login me password s3cret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    with serving(reply(b"content")) as other:
        elsewhere = other.url.replace("127.0.0.1", "localhost") + "/there"
        with serving(reply(b"", 302, Location=elsewhere)) as server:
            download(connection(server.url), "/file", tmp_path / "file")
            assert (tmp_path / "file").read_bytes() == b"content"
            with pytest.raises(CommError, match="HTTP 302"):
                client(server.url).viewer()
        assert [path for path, _ in other.requests] == ["/there"]
        assert "authorization" not in other.requests[0][1]
        assert base64.b64encode(f"api:{KEY}".encode()).decode() in server.requests[0][1]["authorization"]


def test_a_download_waits_for_a_server_that_is_away(tmp_path: Path) -> None:
    """A download that finds the server busy, or drops a connection, is repeated; what is refused is not."""
    answers = [reply(b"", 503), lambda handler: handler.connection.close(), reply(b"whole"), reply(b"", 404)]

    def answer_next(handler: BaseHTTPRequestHandler) -> None:
        answers.pop(0)(handler)

    with serving(answer_next) as server:
        download(connection(server.url), "/file", tmp_path / "file")
        with pytest.raises(RefusedError, match="HTTP 404 for the file other"):
            download(connection(server.url), "/other", tmp_path / "other")
    assert (tmp_path / "file").read_bytes() == b"whole"
    assert answers == []


def test_redirects_stay_encrypted_and_end(tmp_path: Path) -> None:
    """No redirect leads from HTTPS to HTTP or to a file, and a redirect loop ends."""
    assert may_redirect("https://a/x", "https://b/y")
    assert not may_redirect("https://a/x", "http://a/x")
    assert not any(may_redirect("http://a", target) for target in ("file:///etc/passwd", "ftp://b", "", "http://"))
    with serving(reply(b"", 302, Location="/again")) as server, pytest.raises(RefusedError, match="redirect"):
        download(connection(server.url), "/file", tmp_path / "file")
    assert len(server.requests) == file_downloads.MAX_REDIRECTS


@pytest.mark.parametrize("form", ["//{host}/x", "http://{host}/x", "/\t/{host}/x", "\\\\{host}\\x", "http:{host}/x"])
def test_upload_addresses_elsewhere_get_no_key(form: str, server: ScriptedServer, tmp_path: Path) -> None:
    """However the server writes another host's address, that host does not get the key."""
    with start(tmp_path) as run:
        run.log({"n": 1})
    with serving(reply(b"")) as other:
        address = form.format(host=other.url.partition("//")[2])
        answer = server.answer

        def wrong_answer(operation: str, variables: dict[str, Any]) -> dict[str, Any]:
            data = answer(operation, variables)
            for file in data.get("createRunFiles", {}).get("files", ()):
                file["uploadUrl"] = address
            return data

        server.answer = wrong_answer  # type: ignore[method-assign]
        send(run_file(run), network(server, transfer=ONCE))
        assert all("authorization" not in headers for _, headers in other.requests)


def test_origins_are_compared_whole() -> None:
    """Scheme, host and port make an origin; only a default port may be omitted."""
    base = "https://api.example.com"
    assert all(is_same_origin(url, base) for url in (base, f"{base}:443/x", "https://API.example.com/y"))
    others = ("http://api.example.com", f"{base}:444", "https://example.com", f"{base}.evil.com", "//api.example.com")
    assert not any(is_same_origin(url, base) for url in (*others, "https://api.example.com:x", "https://[", ""))


@pytest.mark.parametrize("body", [ESCAPES, json.dumps({"errors": [{"message": ESCAPES}]}), json.dumps(ESCAPES)])
@pytest.mark.parametrize("status", [400, 401, 503])
def test_texts_of_a_server_are_cleaned(body: str, status: int) -> None:
    """Control sequences in a server's error never reach the printed message."""
    with serving(reply(body.encode(), status)) as server, pytest.raises(CommError) as caught:
        client(server.url).viewer()
    assert str(caught.value).isprintable()
    assert "owned" in str(caught.value)


def test_broken_status_line_is_cleaned() -> None:
    """An answer that is not HTTP is an error that is safe to print."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.wfile.write(f"HTTP/1.1 {ESCAPES}".encode())

    with serving(answer) as server, pytest.raises(CommError) as caught:
        client(server.url).viewer()
    assert str(caught.value).isprintable()


def test_names_of_a_server_are_cleaned(server: ScriptedServer, tmp_path: Path) -> None:
    """Names that the server gives a run are printed without control sequences."""
    with start(tmp_path) as run:
        run.log({"n": 1})
    answer = server.answer

    def wrong_answer(operation: str, variables: dict[str, Any]) -> dict[str, Any]:
        data = answer(operation, variables)
        if operation == "UpsertBucket":
            data["upsertBucket"]["bucket"]["displayName"] = ESCAPES
            data["upsertBucket"]["bucket"]["project"]["name"] = ESCAPES
        return data

    server.answer = wrong_answer  # type: ignore[method-assign]
    progress = send(run_file(run), network(server))
    assert progress.done
    assert (progress.name + progress.url).isprintable()


WRONG = [
    "[]",
    "5",
    '"x"',
    "null",
    "true",
    '{"data": []}',
    '{"data": 5}',
    "[" * 100_000,
    "1" * 5000,
    '{"data": {"viewer": 5}}',
]
CALLS: dict[str, Callable[[GraphQLClient], Any]] = {
    "viewer": lambda graphql: graphql.viewer(),
    "entities": lambda graphql: graphql.entities(),
    "features": lambda graphql: graphql.features(),
    "upsert": lambda graphql: graphql.upsert(RequestSequence(SyncProgress()), name="r"),
    "resume": lambda graphql: graphql.resume_status("e", "p", "r"),
    "file": lambda graphql: graphql.file_url("e", "p", "r", "f"),
    "rows": lambda graphql: graphql.rows("e", "p", "r", 5),
    "rewind": lambda graphql: graphql.rewind(RequestSequence(SyncProgress()), "e", "p", "r", 5),
}
FIELDS = (
    "upsertBucket",
    "bucket",
    "model",
    "project",
    "run",
    "files",
    "history",
    "viewer",
    "teams",
    "edges",
    "serverInfo",
)


def shapes() -> list[Any]:
    """Return answers in which each known field has each wrong type, three levels deep."""
    inner: list[Any] = [5, "x", [5], [None], True, 1e999, {"historyLineCount": "x"}, {"historyLineCount": -1}]
    return [
        {"data": {outer: {middle: {deep: value} if deep else value}}}
        for outer in FIELDS
        for middle in FIELDS
        for deep in ("", "edges", "run", "files", "features", "node")
        for value in inner
    ]


@pytest.mark.parametrize("call", CALLS)
def test_wrong_types_are_reported(call: str) -> None:
    """An unexpected form of answer is a CommError with the operation's name, or harmless."""
    bodies = [*(text.encode() for text in WRONG), *(json.dumps(shape).encode() for shape in shapes())]
    responses = iter([Response(200, {}, body) for body in bodies])
    graphql = GraphQLClient(
        connection("http://server.test"), RequestSender(lambda _request: next(responses), threading.Event())
    )
    reported: list[str] = []
    for _ in bodies:
        try:
            CALLS[call](graphql)
        except CommError as error:  # noqa: PERF203 -- each answer for itself
            reported.append(str(error))
    assert len(reported) >= 5
    assert all(map(str.isprintable, reported))


def test_wrong_types_for_uploads_end(server: ScriptedServer, tmp_path: Path) -> None:
    """A wrong answer to the announcement of files ends the upload with a message, without waiting."""
    with start(tmp_path) as run:
        run.log({"n": 1})
    for wrong in (
        5,
        {"files": 5},
        {"files": [5]},
        {"files": [{"name": 1, "uploadUrl": 2}]},
        {"uploadHeaders": ["a b: c"]},
    ):
        answer = ScriptedServer.answer

        def wrong_answer(
            operation: str, variables: dict[str, Any], wrong: Any = wrong, answer: Any = answer
        ) -> dict[str, Any]:
            return {"createRunFiles": wrong} if operation == "CreateRunFiles" else answer(server, operation, variables)

        server.answer = wrong_answer  # type: ignore[method-assign]
        progress = send(run_file(run), network(server))
        assert (progress.state, "CreateRunFiles" in progress.message) == ("waiting", True)


def test_an_ever_growing_line_count_is_given_up() -> None:
    """If a server answers each request with a higher number, sending is given up."""
    numbers = iter(range(10**6, 10**7, 10))

    def answer(handler: BaseHTTPRequestHandler) -> None:
        reply(json.dumps({"data": {}, "extensions": {"order": next(numbers)}}).encode())(handler)

    with serving(answer) as server, pytest.raises(CommError, match="later request"):
        client(server.url).rewind(RequestSequence(SyncProgress(order=1)), "e", "p", "r", 5)
