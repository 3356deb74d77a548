"""Uploads of a run's files to the addresses that the server gives for them."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias
from urllib.parse import urljoin

from wandb_nb.errors import AuthenticationError, RefusedError
from wandb_nb.sync.http.answers import as_list, as_object, as_text, well_formed
from wandb_nb.sync.http.operations import authorization
from wandb_nb.sync.http.origin import is_same_origin
from wandb_nb.sync.http.transport import FORBIDDEN, OK, Request, Response, is_final_for_transfer

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from wandb_nb.sync.http.network import Network
    from wandb_nb.sync.http.operations import Bucket, GraphQLClient
    from wandb_nb.sync.http.transport import RequestSender

MAX_NAMES_PER_REQUEST = 100
Content: TypeAlias = bytes | Callable[[], BinaryIO]
"""The content of a file, or a function that opens it."""
Renew: TypeAlias = "Callable[[GraphQLClient], tuple[str, dict[str, str]]]"
"""Asks the server, over the given connection, for another address and its headers."""
_HEADER_NAME = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_OWN_HEADERS = frozenset(("host", "content-length", "transfer-encoding", "connection", "cookie", "authorization"))


class FileUploads:
    """Uploads files of one run. *report_problem* gets one sentence for each file that could not be sent."""

    def __init__(
        self,
        network: Network,
        sender: RequestSender,
        graphql: GraphQLClient,
        bucket: Bucket,
        report_problem: Callable[[str], None],
    ) -> None:
        self._network, self._sender, self._graphql = network, sender, graphql
        self._bucket, self._report_problem = bucket, report_problem

    def send(self, files: Mapping[str, Content]) -> Iterator[str]:
        """Upload *files*, keyed by their names on the server; yield each name once its file has arrived.

        A refused file is reported as a problem, and the others are still sent.

        Raises:
            RefusedError: The server refuses all of them.
            CommError: The server does not answer.
        """
        names = list(files)
        for start in range(0, len(names), MAX_NAMES_PER_REQUEST):
            for name, url, headers in self._upload_targets(names[start : start + MAX_NAMES_PER_REQUEST]):
                if name in files and self.put(name, url, headers, files[name], partial(self._new_target, name)):
                    yield name

    def _upload_targets(self, names: list[str]) -> Iterator[tuple[str, str, dict[str, str]]]:
        """Announce files and yield name, address and headers for each."""
        run = {"entity": self._bucket.entity, "project": self._bucket.project, "run": self._bucket.name}
        data = self._graphql.execute("CreateRunFiles", {**run, "files": names})
        with well_formed(self._network.base_url, "CreateRunFiles"):
            answer = as_object(data.get("createRunFiles"))
            headers = parse_headers(answer.get("uploadHeaders"))
            files = [(as_text(file["name"]), as_text(file["uploadUrl"])) for file in as_list(answer.get("files"))]
        for name, url in files:
            yield name, url, headers

    def _new_target(self, name: str, _: GraphQLClient) -> tuple[str, dict[str, str]]:
        """Return a new address and its headers for a file that was announced before."""
        for new_name, url, headers in self._upload_targets([name]):
            if new_name == name:
                return url, headers
        raise RefusedError("the server gives no new address for it", FORBIDDEN)

    def put(self, name: str, url: str, headers: dict[str, str], content: Content, renew: Renew | None = None) -> bool:
        """Upload *content* to *url* and return True; report a problem with the file *name* and return False.

        An address expires, for example while the files before this one are sent: then *renew* gives another one.
        """
        return self._put(name, (url, headers), lambda: _open_body(content), renew) is not None

    def put_part(  # noqa: PLR0917 -- a part, its address, and what gives another one
        self,
        name: str,
        url: str,
        headers: dict[str, str],
        content: Callable[[], BinaryIO],
        span: tuple[int, int],
        renew: Renew,
    ) -> str | None:
        """Upload a part of *content*, its start and size in *span*; return the server's ETag, None after a problem.

        The ETag is empty if the server has the part by now.
        """
        start, size = span
        answer = self._put(name, (url, headers), lambda: _FileRange(content(), start, size), renew)
        return None if answer is None else answer.headers.get("etag", "").strip('"')

    def has_content(self, url: str, digest: str) -> bool:
        """Return whether the server that gave the address *url* has the content with this MD5, in hex, there already.

        Addresses of other servers are not asked.
        """
        address = urljoin(self._network.base_url + "/", url)
        if not is_same_origin(address, self._network.base_url):
            return False
        retry = self._network.transfer
        try:
            answer = self._sender.send(
                Request("HEAD", address, timeout_seconds=retry.timeout_seconds), retry, is_final_for_transfer
            )
        except (RefusedError, AuthenticationError):
            return False
        return answer.headers.get("etag", "").strip('"') == digest

    def _put(
        self, name: str, target: tuple[str, dict[str, str]], open_body: Callable[[], Any], renew: Renew | None = None
    ) -> Response | None:
        try:
            try:
                return self._request(*target, open_body)
            except RefusedError as error:
                if error.status != FORBIDDEN or renew is None:
                    raise
            url, headers = renew(self._graphql)
            return self._request(url, headers, open_body) if url else Response(OK)  # by now the server has it
        except (RefusedError, AuthenticationError, OSError) as error:
            self._report_problem(f"the file {name} was not sent: {error}")
            return None

    def _request(self, url: str, headers: dict[str, str], open_body: Callable[[], Any]) -> Response:
        # A relative address is the server's own and needs the key; in an absolute one the address is the permission.
        address = urljoin(self._network.base_url + "/", url)
        if not url.startswith(("http://", "https://")) and is_same_origin(address, self._network.base_url):
            headers = {**authorization(self._network.key), **headers}
        retry = self._network.transfer
        body = open_body()
        try:
            request = Request("PUT", address, headers, body, retry.timeout_seconds)
            return self._sender.send(request, retry, is_final_for_transfer)
        finally:
            if not isinstance(body, bytes):
                body.close()


class _FileRange(io.RawIOBase):
    """*size* bytes from *start* on of a file that may grow while it is sent."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        self._file, self._start, self._size, self._position = file, start, size, 0

    def __len__(self) -> int:
        return self._size

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._position = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self._size}[whence] + offset
        self._file.seek(self._start + self._position)
        return self._position

    def read(self, size: int = -1) -> bytes:
        remaining = self._size - self._position
        data = self._file.read(remaining if size < 0 else min(size, remaining)) or b""
        self._position += len(data)
        return data

    def close(self) -> None:
        self._file.close()
        super().close()


def _open_body(content: Content) -> bytes | BinaryIO:
    if isinstance(content, bytes):
        return content
    file = content()
    size = os.fstat(file.fileno()).st_size
    if not size:
        file.close()
        return b""
    return _FileRange(file, 0, size)  # type: ignore[return-value]  # as much of a file as sending needs


def parse_headers(lines: Any) -> dict[str, str]:
    """Return the headers that a server gives for an upload.

    Raises:
        ValueError: There is one that a server must not set.
        TypeError: They are not a list of texts.
    """
    return dict(_parse_header(as_text(line)) for line in as_list(lines))


def _parse_header(line: str) -> tuple[str, str]:
    name, _, value = (part.strip() for part in line.partition(":"))
    if not _HEADER_NAME.fullmatch(name) or name.lower() in _OWN_HEADERS or not value.isprintable():
        raise ValueError(f"the header {name!r} must not be set by a server")
    return name, value
