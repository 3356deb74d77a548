"""One function from request to response, and what is built on it: authorisation, repetition, errors with their text.

`Transport` is the seam: tests give a plain function, everybody else a `requests` session in `connect`.
"""

from __future__ import annotations

import json
import os
import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

from wandb_nb.errors import AuthenticationError, CommError, RefusedError
from wandb_nb.sync.http.network import CONNECT_TIMEOUT_S

if TYPE_CHECKING:
    import threading

    import requests

    from wandb_nb.sync.http.network import Network, Retry

FINAL = frozenset({400, 401, 403, 404, 409, 410, 413, 422, 501})
"""What queries and the file stream do not repeat; other answers but 2xx are repeated."""
FINAL_UPSERT = FINAL - {409}
UNAUTHORIZED, TOO_SLOW, TOO_MANY, SERVER_ERROR, NOT_IMPLEMENTED, ERRORS_FROM = 401, 408, 429, 500, 501, 300
JITTER = 0.25
LONGEST_MESSAGE = 500


@dataclass(frozen=True)
class Request:
    """A request as it goes out; a *body* that is a file is read from its start at each attempt."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | BinaryIO = b""
    timeout: float | None = 30.0


@dataclass(frozen=True)
class Response:
    """What came back; header names are in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def json(self) -> Any:
        """Return the body's value.  ValueError where it is no JSON."""
        return json.loads(self.body)


Transport: TypeAlias = Callable[[Request], Response]
"""Sends one request.  Raises CommError when no answer came."""
Final: TypeAlias = Callable[[int], bool]


class Stopped(Exception):  # noqa: N818 - no error: the wait was ended on purpose
    """Sending was given up because somebody asked for it."""


def final_query(status: int) -> bool:
    """Tell whether a query or a post of rows answered with *status* is refused for good."""
    return status in FINAL


def final_upsert(status: int) -> bool:
    """Tell the same of the creation of a run, where a conflict may pass."""
    return status in FINAL_UPSERT


def final_transfer(status: int) -> bool:
    """Tell the same of an upload: only slowness, overload and server errors are worth another try."""
    return not (status in (TOO_SLOW, TOO_MANY) or (status >= SERVER_ERROR and status != NOT_IMPLEMENTED))


class Sender:
    """Sends requests until they are answered, refused for good, or tried often enough.

    *trouble* is told in a sentence why the server does not answer, and None when it does again.  *stop* ends every
    wait.  A thread of its own for each sender.
    """

    def __init__(
        self, transport: Transport, stop: threading.Event, trouble: Callable[[str | None], None] | None = None
    ) -> None:
        self._transport, self._stop = transport, stop
        self._trouble = trouble or (lambda _text: None)
        self._failing = False

    def send(self, request: Request, retry: Retry, final: Final = final_query) -> Response:
        """Return the answer, which is one of 2xx.

        Raises RefusedError (AuthenticationError for 401) for a final one, CommError after the last attempt, Stopped.
        """
        attempt = 0
        while True:
            response, text = self._attempt(request)
            if response is not None and response.status < ERRORS_FROM:
                self._tell(None)
                return response
            if response is not None and final(response.status):
                raise _refusal(response)
            if attempt >= retry.most:
                raise CommError(f"{_host(request)} did not answer after {attempt + 1} attempts: {text}")
            self._tell(text)
            if self._stop.wait(_delay(attempt, retry, response)):
                raise Stopped
            attempt += 1

    def _attempt(self, request: Request) -> tuple[Response | None, str]:
        if not isinstance(request.body, bytes):
            request.body.seek(0)
        try:
            response = self._transport(request)
        except CommError as error:
            return None, str(error)
        return response, f"HTTP {response.status}: {message_of(response)}"

    def _tell(self, text: str | None) -> None:
        if text is not None or self._failing:
            self._trouble(text)
        self._failing = text is not None


def session(network: Network) -> requests.Session:
    """Return a session of kept-alive connections, for one thread."""
    import requests  # the HTTP client is loaded by whoever talks to a server, and nobody else

    made = requests.Session()
    made.headers.clear()
    made.headers.update({"User-Agent": "wandb_nb", "Accept": "*/*", **network.headers})
    made.auth = _no_auth  # or else requests puts a netrc password on uploads to foreign hosts
    made.proxies.update(network.proxies)
    if not network.verify:
        import urllib3

        urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    return made


def connect(network: Network) -> Transport:
    """Return a transport over one session of kept-alive connections, for one thread."""
    import requests

    http = session(network)

    def transport(request: Request) -> Response:
        try:
            answer = http.request(
                request.method,
                request.url,
                data=request.body,
                headers=dict(request.headers),
                verify=certificates(network),
                timeout=(min(CONNECT_TIMEOUT_S, request.timeout or CONNECT_TIMEOUT_S), request.timeout),
                allow_redirects=False,
            )
        except (requests.RequestException, OSError) as error:
            raise CommError(f"{_host(request)} cannot be reached ({_reason(error)})") from error
        return Response(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, answer.content)

    return transport


def certificates(network: Network) -> bool | str:
    """Return what the server's certificate is checked against: False for nothing, else a file or requests' default.

    To be given with each request: a session's own wish is overruled by REQUESTS_CA_BUNDLE.
    """
    if not network.verify or os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE"):
        return network.verify
    return os.environ.get("SSL_CERT_FILE") or True


def _no_auth(request: Any) -> Any:
    return request


def message_of(response: Response) -> str:
    """Return what the body of an error says, in whichever of the known envelopes; short."""
    try:
        content = response.json()
    except ValueError:
        return response.body[:LONGEST_MESSAGE].decode("utf-8", "replace").strip()
    if not isinstance(content, dict):
        return str(content)[:LONGEST_MESSAGE]
    found = content.get("errors") or content.get("error") or content.get("message") or ""
    parts = found if isinstance(found, list) else [found]
    texts = (part.get("message", part) if isinstance(part, dict) else part for part in parts)
    return "; ".join(str(text) for text in texts)[:LONGEST_MESSAGE]


def _refusal(response: Response) -> CommError:
    text = message_of(response) or "no reason given"
    if response.status == UNAUTHORIZED:
        return AuthenticationError(f"the server does not accept the key: {text}")
    return RefusedError(f"HTTP {response.status}: {text}", response.status)


def _delay(attempt: int, retry: Retry, response: Response | None) -> float:
    told = None if response is None else retry_after(response.headers)
    if told is not None:
        return told
    doubled = retry.first * 2.0 ** min(attempt, 30)
    return min(doubled * (1 + random.uniform(0, JITTER)), retry.longest)  # noqa: S311 - jitter, no secret


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that `Retry-After` asks for, given as a number or a date; None where it says nothing."""
    told = headers.get("retry-after", "").strip()
    if not told:
        return None
    try:
        seconds = float(told)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(told).timestamp() - time.time()
        except (ValueError, TypeError):
            return None
    return min(max(seconds, 0.0), 3600.0) if seconds == seconds else None  # noqa: PLR0124 - NaN


def spacing(headers: Mapping[str, str]) -> float:
    """Return the seconds that rate-limit headers want between two requests; 0 where they want nothing."""
    try:
        left, reset = float(headers["ratelimit-remaining"]), float(headers["ratelimit-reset"])
    except (KeyError, ValueError):
        return 0.0
    return min(max(reset / max(left, 1.0), 0.0), 60.0)


def _host(request: Request) -> str:
    from urllib.parse import urlsplit

    parts = urlsplit(request.url)
    return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}"


def _reason(error: BaseException) -> str:
    """Return the innermost cause in a few words; the outer texts hold addresses and object reprs."""
    inner: BaseException = error
    while True:
        deeper = getattr(inner, "reason", None) or next((a for a in inner.args if isinstance(a, BaseException)), None)
        if not isinstance(deeper, BaseException):
            break
        inner = deeper
    text = getattr(inner, "strerror", None) or str(inner.args[-1] if inner.args else type(inner).__name__)
    return text.rpartition("object at ")[2].rpartition(": ")[2][:120]
