"""A bucket on this machine: a store that speaks S3 over HTTP, behind a proxy that checks every signature.

The store answers whoever asks. The proxy recomputes the signature of each request, in its header or in its address, as
S3 does, and refuses what is forged, too old, signed for another method or key, or has other bytes than announced.
"""

from __future__ import annotations

import hashlib
import http.client
import logging
from base64 import b64encode
from datetime import datetime, timedelta, timezone
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlsplit
from uuid import uuid4

from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from moto.server import ThreadedMotoServer
from threaded_server import ThreadedServer

if TYPE_CHECKING:
    from collections.abc import Callable

ACCESS_KEY, SECRET_KEY, REGION, BUCKET = "AKIATESTS0000000KEY", "bucket-secret-of-tests-0001", "us-east-1", "bucket"
ENVIRON = {
    "AWS_ACCESS_KEY_ID": ACCESS_KEY,
    "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
    "AWS_DEFAULT_REGION": REGION,
    "AWS_EC2_METADATA_DISABLED": "true",
}
_MAX_SKEW = timedelta(minutes=15)
_HOP = {"connection", "transfer-encoding", "keep-alive", "content-length"}


class Bucket:
    """A running store with one bucket, at `url`; `later` moves the proxy's clock, `gone` drops every request.

    `fault` returns what happens to the next request: "" nothing, "reset" the connection is dropped before the store
    sees it, "lost" after it, "status" the store is too busy, "twice" the store gets it two times.
    """

    environ = ENVIRON
    secrets = (ACCESS_KEY, SECRET_KEY)

    def __init__(self) -> None:
        logging.getLogger("werkzeug").setLevel(logging.ERROR)
        self._store = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
        self._store.start()
        self.port = self._store.get_host_and_port()[1]
        self.later = timedelta()
        self.gone = False
        self.fault: Callable[[], str] = str
        self.requests: list[tuple[str, str, str]] = []
        """Method, kind of signature, and refusal or an empty text, of each request."""
        self._proxy = ThreadedServer(type("Handler", (_Proxy,), {"bucket": self}))
        self._proxy.__enter__()
        self.url = self._proxy.url
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request("PUT", f"/{BUCKET}")
        assert connection.getresponse().status == 200
        connection.close()

    def server_options(self, address: object = None) -> tuple[str, ...]:
        """Return the options of a server whose files are at *address* in the bucket; by default nobody else's are."""
        files = f"s3://{BUCKET}/{uuid4().hex}" if address is None else str(address)
        return "--files", files, "--files-endpoint", self.url, "--files-path-style"

    def stop(self) -> None:
        """End proxy and store."""
        self._proxy.__exit__()
        self._store.stop()

    def reset(self) -> None:
        """Forget what was changed and counted."""
        self.later, self.gone, self.fault = timedelta(), False, str
        self.requests.clear()


class _Proxy(BaseHTTPRequestHandler):
    """Passes on what is signed."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True  # header and body are two writes
    bucket: Bucket

    def _handle(self) -> None:
        fault = "reset" if self.bucket.gone else self.bucket.fault()
        if fault == "reset":
            self.close_connection = True
            return
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        kind = "query" if "X-Amz-Signature" in self.path else "header"
        refusal = _refusal(self.command, self.path, self.headers, body, self.bucket.later)
        self.bucket.requests.append((self.command, kind, refusal))
        if refusal:
            self._answer(400 if refusal in {"BadDigest", "InvalidRequest"} else 403, [], _error(refusal))
            return
        if fault == "status":
            self._answer(503, [], _error("SlowDown"))
            return
        for _ in range(2 if fault == "twice" else 1):
            status, headers, content = self._forward(body)
        if fault == "lost":
            self.close_connection = True
        else:
            self._answer(status, headers, content)

    def _forward(self, body: bytes) -> tuple[int, list[tuple[str, str]], bytes]:
        connection = http.client.HTTPConnection("127.0.0.1", self.bucket.port)
        headers = {name: value for name, value in self.headers.items() if name.lower() not in _HOP | {"expect"}}
        connection.request(self.command, self.path, body, headers)
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, answer.getheaders(), content

    def __getattr__(self, name: str) -> Any:
        if name.startswith("do_"):
            return self._handle
        raise AttributeError(name)

    def _answer(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.send_response(status)
        length = next((value for name, value in headers if name.lower() == "content-length"), str(len(body)))
        for name, value in headers:
            if name.lower() not in _HOP | {"server", "date"}:
                self.send_header(name, value)
        self.send_header("Content-Length", length if self.command == "HEAD" else str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


def _error(code: str) -> bytes:
    return f'<?xml version="1.0"?><Error><Code>{code}</Code><Message>{ACCESS_KEY}</Message></Error>'.encode()


def _refusal(method: str, path: str, headers: Any, body: bytes, later: timedelta) -> str:
    """Return S3's code for what is wrong with a request; empty if nothing is."""
    query = dict(parse_qsl(urlsplit(path).query, keep_blank_values=True))
    by_query, by_header = "X-Amz-Signature" in query, "Authorization" in headers
    if by_query == by_header:
        return "InvalidRequest" if by_query else "AccessDenied"
    digest = b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
    if headers.get("Content-MD5", digest) != digest:
        return "BadDigest"
    check = _query_refusal if by_query else _header_refusal
    return check(method, path, headers, body, datetime.now(timezone.utc) + later)


def _query_refusal(method: str, path: str, headers: Any, body: bytes, now: datetime) -> str:
    del body  # whose digest is no part of a signed address
    parts = urlsplit(path)
    query = parse_qsl(parts.query, keep_blank_values=True)
    values = dict(query)
    signed_at = _time(values["X-Amz-Date"])
    if not signed_at <= now + _MAX_SKEW or now > signed_at + timedelta(seconds=int(values["X-Amz-Expires"])):
        return "AccessDenied"
    unsigned = "&".join(
        f"{quote(name, safe='-_.~')}={quote(value, safe='-_.~')}" for name, value in query if name != "X-Amz-Signature"
    )
    request = _request(method, f"{parts.path}?{unsigned}", headers, values["X-Amz-SignedHeaders"], values["X-Amz-Date"])
    signer = S3SigV4QueryAuth(Credentials(ACCESS_KEY, SECRET_KEY).get_frozen_credentials(), "s3", REGION)
    return _compare(signer, request, values["X-Amz-Credential"], values["X-Amz-Signature"])


def _header_refusal(method: str, path: str, headers: Any, body: bytes, now: datetime) -> str:
    scheme, _, rest = headers["Authorization"].partition(" ")
    values = dict(each.strip().partition("=")[::2] for each in rest.split(","))
    if scheme != "AWS4-HMAC-SHA256" or abs(now - _time(headers["X-Amz-Date"])) > _MAX_SKEW:
        return "RequestTimeTooSkewed"
    digest = headers["X-Amz-Content-SHA256"]
    if digest != "UNSIGNED-PAYLOAD" and digest != hashlib.sha256(body).hexdigest():
        return "XAmzContentSHA256Mismatch"
    request = _request(method, path, headers, values["SignedHeaders"], headers["X-Amz-Date"])
    signer = S3SigV4Auth(Credentials(ACCESS_KEY, SECRET_KEY).get_frozen_credentials(), "s3", REGION)
    return _compare(signer, request, values["Credential"], values["Signature"])


def _request(method: str, path: str, headers: Any, signed: str, timestamp: str) -> AWSRequest:
    names = signed.split(";")
    assert "host" in names
    request = AWSRequest(method, f"http://{headers['Host']}{path}", {name: headers.get(name, "") for name in names})
    request.context["timestamp"] = timestamp
    return request


def _compare(signer: Any, request: AWSRequest, credential: str, signature: str) -> str:
    if credential.partition("/")[0] != ACCESS_KEY:
        return "InvalidAccessKeyId"
    text = signer.string_to_sign(request, signer.canonical_request(request))
    return "" if signer.signature(text, request) == signature else "SignatureDoesNotMatch"


def _time(text: str) -> datetime:
    return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=timezone.utc)
