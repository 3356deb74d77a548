"""The connection to a server over real HTTP: retries, time limits, proxies, certificates."""

from __future__ import annotations

import base64
import json
import os
import shutil
import socket
import ssl
import subprocess
import threading
import time
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import pytest
from scripted_server import Fault, ScriptedServer
from sending import KEY, network, run_file, send, start
from services import end_services
from small_proxy import SmallProxy

import wandb_nb as wandb
from wandb_nb.errors import AuthenticationError, CommError, RefusedError
from wandb_nb.settings import resolve
from wandb_nb.store.runs.sync_progress import SyncProgress
from wandb_nb.sync.http.network import Network, RetryPolicy
from wandb_nb.sync.http.operations import Bucket, GraphQLClient
from wandb_nb.sync.http.request_sequence import RequestSequence
from wandb_nb.sync.http.transport import (
    Request,
    RequestSender,
    connect,
    is_final_for_query,
    is_final_for_transfer,
    is_final_for_upsert,
    post_spacing_seconds,
)
from wandb_nb.sync.upload.post_schedule import PostSchedule
from wandb_nb.sync.upload.stream_posts import FileStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

FINAL = (400, 401, 403, 404, 409, 410, 413, 422, 501)
REMOTE_HOST = "server.test"
"""A host that only the proxy reaches."""
REPEATED = (408, 425, 429, 500, 502, 503, 504)


class Clock(threading.Event):
    """A stop event that is never set and records how long it was waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        """Return immediately."""
        self.waits.append(timeout or 0.0)
        return False


def ask(way: Network, clock: Clock | None = None) -> dict[str, Any]:
    """Ask the server for the account."""
    return GraphQLClient(way, RequestSender(connect(way), clock or Clock())).viewer()


def failing(times: int, status: int, **headers: str) -> Callable[[int, str], Fault | None]:
    """Return a script by which the first requests fail."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda n, _name: Fault("status", status, named) if n <= times else None


@pytest.mark.parametrize("status", [*FINAL, *REPEATED])
@pytest.mark.parametrize(
    ("final", "more"),
    [(is_final_for_query, ()), (is_final_for_upsert, (409,)), (is_final_for_transfer, ())],
    ids=["query and rows", "creation of a run", "file"],
)
def test_which_answers_are_final(
    server: ScriptedServer, status: int, final: Callable[[int], bool], more: tuple[int, ...]
) -> None:
    """Each status is retried or given up as in the protocol, and an error names the status and the message."""
    repeated = (
        status in (408, 429, 500, 502, 503, 504) if final is is_final_for_transfer else status in (*REPEATED, *more)
    )
    server.script = failing(1, status)
    way = network(server)
    request = Request(
        "POST", f"{server.url}/graphql", GraphQLClient(way, RequestSender(connect(way), Clock())).headers, VIEWER
    )
    sender = RequestSender(connect(way), Clock())
    if repeated:
        assert sender.send(request, way.graphql, final).status == 200
    else:
        with pytest.raises(AuthenticationError if status == 401 else RefusedError, match="scripted") as caught:
            sender.send(request, way.graphql, final)
        assert getattr(caught.value, "status", 401) == status
    assert server.count == 1 + repeated


VIEWER = json.dumps({"query": "query Viewer { viewer { id } }", "operationName": "Viewer", "variables": None}).encode()


def test_waits_grow_with_jitter_up_to_a_limit(server: ScriptedServer) -> None:
    """Each wait is the double of the previous one plus up to a quarter, never above the maximum."""
    server.script = failing(8, 500)
    clock = Clock()
    ask(
        network(
            server,
            graphql=RetryPolicy(max_retries=20, min_wait_seconds=2.0, max_wait_seconds=60.0, timeout_seconds=5.0),
        ),
        clock,
    )
    bases = [2.0, 4.0, 8.0, 16.0, 32.0]
    assert all(base <= wait <= 1.25 * base for base, wait in zip(bases, clock.waits, strict=False))
    assert clock.waits[5:] == [60.0] * 3
    assert any(wait != base for base, wait in zip(bases, clock.waits, strict=False))


def test_attempts_are_counted(server: ScriptedServer) -> None:
    """After the last retry there is a CommError with the number of attempts and the server's last message."""
    server.script = failing(100, 503)
    with pytest.raises(CommError, match=r"did not answer after 4 attempts: HTTP 503: scripted"):
        ask(network(server, graphql=RetryPolicy(max_retries=3, min_wait_seconds=2.0)))
    assert server.count == 4


@pytest.mark.parametrize(
    ("retry_after", "least", "most"),
    [
        ("7", 7, 7),
        ("0", 0, 0),
        (100, 1, 100),
        (-100, 0, 0),
        ("86400", 3600, 3600),
        ("soon", 2, 2.5),
        ("-5", 0, 0),
    ],
)
@pytest.mark.parametrize("status", [429, 503])
def test_retry_after_is_obeyed(
    server: ScriptedServer, status: int, retry_after: str | int, least: float, most: float
) -> None:
    """Seconds or a date replace our own wait, up to an hour; anything else changes nothing."""
    date = formatdate(time.time() + retry_after, usegmt=True) if isinstance(retry_after, int) else retry_after
    server.script = failing(1, status, Retry_After=date)
    clock = Clock()
    ask(network(server, graphql=RetryPolicy(min_wait_seconds=2.0)), clock)
    (wait,) = clock.waits
    assert least <= wait <= most


def test_rate_limits_slow_the_stream_down(server: ScriptedServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The posts that the server's rate limit leaves are spread over the time until its reset."""
    server.headers = {"RateLimit-Remaining": "4", "RateLimit-Reset": "20"}
    server.answer("UpsertBucket", {"name": "r"})
    way = network(server)
    bucket = Bucket("", "e", "p", "r", "", inserted=True)
    headers = GraphQLClient(way, RequestSender(connect(way), Clock())).headers
    stream = FileStream(
        way, RequestSender(connect(way), Clock()), headers, bucket, RequestSequence(SyncProgress()), gzip=False
    )
    stream.post({})
    assert stream.spacing_seconds == 5.0
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    schedule = PostSchedule(0.5)
    schedule.record_post(stream.spacing_seconds)
    now = 104.9
    assert not schedule.is_post_due()
    now = 105.1
    assert schedule.is_post_due()
    assert [
        post_spacing_seconds({"ratelimit-remaining": left, "ratelimit-reset": "30"}) for left in ("0", "x", "60")
    ] == [
        30,
        0,
        0.5,
    ]


def test_silent_server_is_given_up(server: ScriptedServer) -> None:
    """A request without an answer in time counts as failed, and the error names the server, not the key."""
    server.script = lambda _n, _name: Fault("late", seconds=60)
    with pytest.raises(CommError, match=r"127\.0\.0\.1") as caught:
        ask(network(server, graphql=RetryPolicy(max_retries=1, timeout_seconds=0.3)))
    assert KEY not in str(caught.value)


def read_slowly(listener: socket.socket, seconds: float) -> None:
    """Take one request of 16 MB in as many seconds as given, and answer it."""
    connection, _ = listener.accept()
    with connection:
        while (part := connection.recv(4 << 20)) and not part.endswith(b"end"):
            time.sleep(seconds * len(part) / (16 << 20))
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")


def test_a_slow_line_takes_a_large_post(server: ScriptedServer) -> None:
    """A body that takes longer to send than the time limit arrives, as long as the server keeps reading."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 << 10)
        reader = threading.Thread(target=read_slowly, args=(listener, 4.0))
        reader.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/"
        body = b"x" * (16 << 20) + b"end"
        answer = connect(network(server))(Request("POST", url, body=body, timeout_seconds=1.0))
        reader.join()
    assert answer.status == 200


def test_a_run_goes_through_a_proxy(server: ScriptedServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the setting `http_proxy` all requests of the background process use the proxy, with its password."""
    server.url = server.url.replace("127.0.0.1", REMOTE_HOST)
    monkeypatch.setenv("WANDB_BASE_URL", server.url)
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    with SmallProxy() as proxy:
        with_password = proxy.url.replace("://", "://me:s3cret@")
        settings = {"silent": True, "x_disable_stats": True, "http_proxy": with_password}
        with wandb.init(project="p", mode="online", dir=tmp_path, settings=settings) as run:
            run.log({"n": 1})
        assert run.outcome.startswith("sent: ")
        assert len(proxy.asked) == server.count
        assert {target.startswith(server.url) for _, target, _ in proxy.asked} == {True}
        allowed = "Basic " + base64.b64encode(b"me:s3cret").decode()
        assert {variables for *_, variables in proxy.asked} == {allowed}
    end_services()


def test_proxy_error_has_no_password(server: ScriptedServer) -> None:
    """A missing proxy is an error without its password."""
    server.url = server.url.replace("127.0.0.1", REMOTE_HOST)
    way = network(server, graphql=RetryPolicy(max_retries=0), proxies={"http": "http://me:s3cret@127.0.0.1:9"})
    with pytest.raises(CommError, match="cannot be reached") as caught:
        ask(way)
    assert "s3cret" not in str(caught.value)
    assert "s3cret" not in repr(way)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with our own certificate authority, and its certificate for this machine."""
    folder = tmp_path_factory.mktemp("ca")
    if shutil.which("openssl") is None:
        pytest.skip("no openssl here to make certificates with")

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)

    (folder / "names").write_text(f"subjectAltName=IP:127.0.0.1,DNS:{REMOTE_HOST}\n")
    new = ("req", "-newkey", "rsa:2048", "-nodes")
    openssl(*new, "-x509", "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=Test CA", "-days", "2")
    openssl(*new, "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=127.0.0.1")
    signed = ("-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2", "-extfile", "names")
    openssl("x509", "-req", "-in", "server.csr", "-out", "server.pem", *signed)
    return folder


@pytest.fixture
def secure(authority: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ScriptedServer]:
    """Return a TLS server for clients that know only the public authorities."""
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
    running = ScriptedServer()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority / "server.pem", authority / "server.key")
    running.socket = context.wrap_socket(running.socket, server_side=True)
    running.url = running.url.replace("http:", "https:")
    with running:
        yield running


def test_certificates_are_checked(secure: ScriptedServer, authority: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An unknown authority is refused; the variables name another one; only the setting disables the check."""
    way = network(secure, graphql=RetryPolicy(max_retries=0))
    with pytest.raises(CommError, match=r"(?i)certificate"):
        ask(way)
    for name in ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE"):
        with monkeypatch.context() as here:
            here.setenv(name, str(authority / "ca.pem"))
            assert ask(way)["entity"] == "stub-entity"
    unchecked = network(secure, graphql=RetryPolicy(max_retries=0), verify=False)
    assert ask(unchecked)["entity"] == "stub-entity"
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", os.devnull)
    assert ask(unchecked)["entity"] == "stub-entity"


def test_trickling_headers_end_over_tls(
    secure: ScriptedServer, authority: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An encrypted answer whose header arrives byte by byte is a timeout, which is retried."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority / "ca.pem"))
    secure.script = lambda n, _name: Fault("trickle") if n == 1 else None
    began = time.monotonic()
    assert ask(network(secure, graphql=RetryPolicy(max_retries=1, timeout_seconds=1.0)))["entity"] == "stub-entity"
    assert (secure.count, time.monotonic() - began < 10) == (2, True)


def test_a_run_goes_over_tls_through_a_proxy(
    secure: ScriptedServer, authority: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A whole run with its files goes through a tunnel, of which the proxy sees only the host."""
    monkeypatch.setenv("SSL_CERT_FILE", str(authority / "ca.pem"))
    secure.url = secure.url.replace("127.0.0.1", REMOTE_HOST)
    with start(tmp_path) as run:
        run.log({"n": 1})
    with SmallProxy() as proxy:
        assert send(run_file(run), network(secure, proxies={"https": proxy.url})).done
        assert {(method, target) for method, target, _ in proxy.asked} == {("CONNECT", secure.url.partition("//")[2])}
    received = secure.runs[run.id]
    assert (len(received.rows), received.completions, "config.yaml" in received.uploads) == (1, 1, True)


def test_settings_configure_the_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time limits, retries, proxies, headers and the certificate check come from the settings."""
    monkeypatch.setenv("WANDB_API_KEY", KEY)
    monkeypatch.setenv("WANDB_X_EXTRA_HTTP_HEADERS", '{"X-Team": "blue"}')
    variables = {
        "base_url": "https://example.test/",
        "x_graphql_retry_max": 3,
        "x_graphql_timeout_seconds": 7,
        "x_file_stream_retry_wait_max_seconds": 9,
        "https_proxy": "http://proxy:1",
        "insecure_disable_ssl": True,
    }
    way = Network.from_settings(resolve({}, settings=variables))
    assert (way.base_url, way.graphql.max_retries, way.graphql.timeout_seconds) == ("https://example.test", 3, 7)
    assert (way.stream.max_wait_seconds, way.stream.max_retries, way.verify) == (9, 10_085, False)
    assert (dict(way.proxies), dict(way.headers)) == ({"https": "http://proxy:1"}, {"X-Team": "blue"})


def test_extra_headers_are_sent(server: ScriptedServer) -> None:
    """Headers from the settings are on every request."""
    ask(network(server, headers={"X-Team": "blue"}))
    assert server.exchanges[0].headers["x-team"] == "blue"
