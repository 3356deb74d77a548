"""Requests and responses: authorisation, retries, and errors with the server's text.

`Transport` is the seam: tests pass a plain function, everybody else a `requests` session made by `connect`.
"""

from __future__ import annotations

import io
import json
import os
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

from wandb_nb.errors import AuthenticationError, CommError, RefusedError
from wandb_nb.formatting import clean
from wandb_nb.sync.http.network import CONNECT_TIMEOUT_SECONDS, LOOPBACK_HOSTS
from wandb_nb.sync.http.response_body import MAX_ANSWER_SECONDS, read_body

if TYPE_CHECKING:
    import threading

    import requests

    from wandb_nb.sync.http.network import Network, RetryPolicy

FINAL_STATUSES = frozenset({400, 401, 403, 404, 409, 410, 413, 422, 501})
"""Refusals that queries and posts do not repeat; other statuses than 2xx are repeated."""
FINAL_UPSERT_STATUSES = FINAL_STATUSES - {409}
OK, UNAUTHORIZED, FORBIDDEN, TIMED_OUT, TOO_MANY_REQUESTS = 200, 401, 403, 408, 429
SERVER_ERROR, NOT_IMPLEMENTED = 500, 501
MIN_ERROR_STATUS = 300
JITTER = 0.25
# Of its own: in thread mode this runs in the user's process, whose seeded generator must not move.
_random = random.Random()  # noqa: S311 -- jitter, not a secret
MAX_UNDIVIDED_BYTES = 64 << 10
MAX_DOUBLINGS = 30
MAX_MESSAGE_CHARACTERS, MAX_CAUSE_CHARACTERS = 500, 120
MAX_RETRY_AFTER_SECONDS, MAX_POST_SPACING_SECONDS = 3600.0, 60.0


@dataclass(frozen=True)
class Request:
    """A request to send. A *body* that is a file is read from its start at each attempt."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | BinaryIO = b""
    timeout_seconds: float | None = 30.0


@dataclass(frozen=True)
class Response:
    """A response; header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Any:
        """Return the parsed body.

        Raises:
            ValueError: The body is not JSON, or nested too deeply.
        """
        try:
            return json.loads(self.body)
        except RecursionError as error:
            raise ValueError("nested too deeply") from error


Transport: TypeAlias = Callable[[Request], Response]
"""Sends one request. Raises CommError if no answer came."""
IsFinal: TypeAlias = Callable[[int], bool]


class StopRequested(Exception):  # noqa: N818 -- not an error: a caller ended the wait on purpose
    """Sending was stopped because a caller asked for it."""


def is_final_for_query(status: int) -> bool:
    """Return whether *status* refuses a query or a post of rows for good."""
    return status in FINAL_STATUSES


def is_final_for_upsert(status: int) -> bool:
    """Return whether *status* refuses the creation of a run for good; a conflict may pass."""
    return status in FINAL_UPSERT_STATUSES


def is_final_for_transfer(status: int) -> bool:
    """Return whether *status* refuses an upload for good; only timeouts, overload and server errors are retried."""
    is_temporary = status in (TIMED_OUT, TOO_MANY_REQUESTS) or (status >= SERVER_ERROR and status != NOT_IMPLEMENTED)
    return not is_temporary


class RequestSender:
    """Sends requests until they are answered, refused for good, or out of retries.

    *report_outage* gets one sentence on why the server does not answer, and None once it does again. *stop* ends every
    wait. Not thread-safe: each thread has its own.
    """

    def __init__(
        self, transport: Transport, stop: threading.Event, report_outage: Callable[[str | None], None] | None = None
    ) -> None:
        self._transport, self._stop = transport, stop
        self._report_outage = report_outage or (lambda _text: None)
        self._is_failing = False
        self.is_answered = False
        """Whether the server answered the last attempt, with whatever status."""

    def send(self, request: Request, retry: RetryPolicy, is_final: IsFinal = is_final_for_query) -> Response:
        """Return the answer, whose status is 2xx.

        Raises:
            RefusedError: The server refuses the request for good (AuthenticationError for 401).
            CommError: The last attempt failed.
            StopRequested: *stop* was set during a wait.
        """
        attempt = 0
        while True:
            response, text = self._attempt(request)
            self.is_answered = response is not None
            if response is not None and response.status < MIN_ERROR_STATUS:
                self._report(None)
                return response
            if response is not None and is_final(response.status):
                raise _refusal(response)
            if attempt >= retry.max_retries:
                raise CommError(f"{_server(request)} did not answer after {attempt + 1} attempts: {text}")
            self._report(text)
            if self._stop.wait(_delay_seconds(attempt, retry, response)):
                raise StopRequested
            attempt += 1

    def _attempt(self, request: Request) -> tuple[Response | None, str]:
        if not isinstance(request.body, bytes):
            request.body.seek(0)
        try:
            response = self._transport(request)
        except CommError as error:
            return None, str(error)
        return response, f"HTTP {response.status}: {error_message(response)}"

    def _report(self, text: str | None) -> None:
        if text is not None or self._is_failing:
            self._report_outage(text)
        self._is_failing = text is not None


def new_session(network: Network) -> requests.Session:
    """Return a session of kept-alive connections, for one thread. It follows no redirects."""
    # The HTTP client: only processes that talk to a server load it.
    from wandb_nb.sync.http.http_session import HTTPSession

    session = HTTPSession()
    session.headers.clear()
    session.headers.update(common_headers(network))
    session.auth = _no_auth  # or else requests sends a netrc password with uploads to other hosts
    session.proxies.update(network.proxies)
    # A proxy cannot reach this machine by these names; requests takes a key with a host before one without.
    session.proxies.update({f"{scheme}://{host}": "" for scheme in ("http", "https") for host in LOOPBACK_HOSTS})
    if not network.verify:
        import urllib3

        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    return session


def common_headers(network: Network) -> dict[str, str]:
    """Return the headers of every request to *network*."""
    return {"User-Agent": "wandb_nb", "Accept": "*/*", "Accept-Encoding": "identity", **network.headers}


def _in_pieces(body: bytes | BinaryIO) -> bytes | BinaryIO:
    """Return a large *body* as a file, which is sent in pieces with a time limit each.

    Bytes are sent by one call under the limit for connecting, which a slow line exceeds.
    """
    return io.BytesIO(body) if isinstance(body, bytes) and len(body) > MAX_UNDIVIDED_BYTES else body


def connect(network: Network) -> Transport:
    """Return a transport over one session of kept-alive connections, for one thread."""
    import requests
    import urllib3

    http = new_session(network)

    def transport(request: Request) -> Response:
        timeout = request.timeout_seconds or MAX_ANSWER_SECONDS
        try:
            with http.request(
                request.method,
                request.url,
                data=_in_pieces(request.body),
                headers=dict(request.headers),
                verify=certificate_check(network),
                timeout=(min(CONNECT_TIMEOUT_SECONDS, timeout), timeout),
                allow_redirects=False,
                stream=True,
            ) as answer:
                headers = {name.lower(): value for name, value in answer.headers.items()}
                return Response(answer.status_code, headers, read_body(answer))
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, ValueError) as error:
            raise unreachable(request, error) from error

    return transport


def unreachable(request: Request, error: Exception) -> CommError:
    """Return the error for a *request* that got no answer because of *error*."""
    return CommError(f"{_server(request)} cannot be reached ({_root_cause(error)})")


def certificate_check(network: Network) -> bool | str:
    """Return what the server's certificate is checked against: False for nothing, else a file or requests' default.

    Pass it with each request: REQUESTS_CA_BUNDLE would override the session's own value.
    """
    if not network.verify or os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE"):
        return network.verify
    return os.environ.get("SSL_CERT_FILE") or True


def _no_auth(request: Any) -> Any:
    return request


def error_message(response: Response) -> str:
    """Return the short text of an error response, from any of the known envelopes."""
    try:
        content = response.json()
    except ValueError:
        return _one_line(response.body[: 4 * MAX_MESSAGE_CHARACTERS].decode("utf-8", "replace"))
    if not isinstance(content, dict):
        return _one_line(str(content))
    errors = content.get("errors") or content.get("error") or content.get("message") or ""
    parts = errors if isinstance(errors, list) else [errors]
    texts = (part.get("message", part) if isinstance(part, dict) else part for part in parts)
    return _one_line("; ".join(str(text) for text in texts))


def _one_line(text: str) -> str:
    """Return a server's text in one line that is safe to print."""
    return clean(" ".join(text.split()), MAX_MESSAGE_CHARACTERS)


def _refusal(response: Response) -> CommError:
    text = error_message(response) or "no reason given"
    if response.status == UNAUTHORIZED:
        return AuthenticationError(f"the server does not accept the key: {text}")
    return RefusedError(f"HTTP {response.status}: {text}", response.status)


def _delay_seconds(attempt: int, retry: RetryPolicy, response: Response | None) -> float:
    requested = None if response is None else retry_after_seconds(response.headers)
    if requested is not None:
        return requested
    doubled = retry.min_wait_seconds * 2.0 ** min(attempt, MAX_DOUBLINGS)
    return min(doubled * (1 + _random.uniform(0, JITTER)), retry.max_wait_seconds)


def retry_after_seconds(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that `Retry-After` asks for, as a number or a date; None without a valid one."""
    text = headers.get("retry-after", "").strip()
    if not text:
        return None
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(text).timestamp() - time.time()
        except (ValueError, TypeError):
            return None
    is_nan = seconds != seconds  # noqa: PLR0124 -- only NaN differs from itself
    return None if is_nan else min(max(seconds, 0.0), MAX_RETRY_AFTER_SECONDS)


def post_spacing_seconds(headers: Mapping[str, str]) -> float:
    """Return the seconds that rate-limit headers ask for between two requests; 0 without such headers."""
    try:
        remaining, reset = float(headers["ratelimit-remaining"]), float(headers["ratelimit-reset"])
    except (KeyError, ValueError):
        return 0.0
    return min(max(reset / max(remaining, 1.0), 0.0), MAX_POST_SPACING_SECONDS)


def _server(request: Request) -> str:
    from urllib.parse import urlsplit

    parts = urlsplit(request.url)
    return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}"


def _root_cause(error: BaseException) -> str:
    """Return the innermost cause in a few words; the outer texts hold addresses and object reprs."""
    inner: BaseException = error
    while True:
        deeper = getattr(inner, "reason", None) or next((a for a in inner.args if isinstance(a, BaseException)), None)
        if not isinstance(deeper, BaseException):
            break
        inner = deeper
    text = getattr(inner, "strerror", None) or str(inner.args[-1] if inner.args else type(inner).__name__)
    return clean(text.rpartition("object at ")[2].rpartition(": ")[2], MAX_CAUSE_CHARACTERS)
