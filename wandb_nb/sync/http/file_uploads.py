"""A run's files: which there are, and their way to where the server wants them."""

from __future__ import annotations

import io
import os
import stat
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, BinaryIO
from urllib.parse import urljoin

from wandb_nb.errors import AuthenticationError, RefusedError
from wandb_nb.sync.http.operations import authorization
from wandb_nb.sync.http.transport import Request, final_transfer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from wandb_nb.sync.http.network import Network
    from wandb_nb.sync.http.operations import Bucket, GraphQLClient
    from wandb_nb.sync.http.transport import Sender

MOST_NAMES = 100
"""Files that are announced at once."""


class FileUploads:
    """Sends files of one run.  *problem* is told in a sentence which could not be sent, and why."""

    def __init__(
        self, network: Network, sender: Sender, graphql: GraphQLClient, bucket: Bucket, problem: Callable[[str], None]
    ) -> None:
        self._network, self._sender, self._graphql = network, sender, graphql
        self._bucket, self._problem = bucket, problem

    def send(self, files: Mapping[str, Path | bytes]) -> Iterator[str]:
        """Upload *files*, by their names on the server; yield the name of each when it has arrived.

        A file that is refused is a problem.  RefusedError where all are, CommError where no answer comes.
        """
        names = list(files)
        for start in range(0, len(names), MOST_NAMES):
            for name, url, headers in self._announce(names[start : start + MOST_NAMES]):
                if name in files and self._put(name, url, headers, files[name]):
                    yield name

    def _announce(self, names: list[str]) -> Iterator[tuple[str, str, dict[str, str]]]:
        """Yield name, address and headers for each file."""
        where = {"entity": self._bucket.entity, "project": self._bucket.project, "run": self._bucket.name}
        answer = self._graphql.ask("CreateRunFiles", {**where, "files": names}).get("createRunFiles") or {}
        headers = dict(_header(line) for line in answer.get("uploadHeaders") or ())
        for file in answer.get("files") or ():
            yield file["name"], file["uploadUrl"], headers

    def _put(self, name: str, url: str, headers: dict[str, str], content: Path | bytes) -> bool:
        if not url.startswith(("http://", "https://")):  # the server's own, else the address itself is the permission
            url, headers = urljoin(self._network.base_url + "/", url), {**authorization(self._network.key), **headers}
        retry = self._network.transfer
        try:
            body = _body(content)
            try:
                self._sender.send(Request("PUT", url, headers, body, retry.timeout), retry, final_transfer)
            finally:
                if not isinstance(body, bytes):
                    body.close()
        except (RefusedError, AuthenticationError, OSError) as error:
            self._problem(f"the file {name} was not sent: {error}")
            return False
        return True


class _Part(io.RawIOBase):
    """The first *size* bytes of a file that may grow while it is sent."""

    def __init__(self, path: Path, size: int) -> None:
        self._file, self._size, self._at = path.open("rb", buffering=0), size, 0

    def __len__(self) -> int:
        return self._size

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        self._at = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence] + offset
        return self._file.seek(self._at)

    def tell(self) -> int:
        return self._at

    def read(self, size: int = -1) -> bytes:
        left = self._size - self._at
        data = self._file.read(left if size < 0 else min(size, left)) or b""
        self._at += len(data)
        return data

    def close(self) -> None:
        self._file.close()
        super().close()


def _body(content: Path | bytes) -> bytes | BinaryIO:
    if isinstance(content, bytes):
        return content
    size = content.stat().st_size
    return _Part(content, size) if size else b""  # type: ignore[return-value]  # as much of a file as sending needs


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip(), value.strip()


def found(folder: Path, pattern: str) -> Iterator[tuple[str, Path]]:
    """Yield name and path of the files below *folder* that *pattern* of a run file means.

    The file may come from a stranger: nothing outside *folder* is named, though a link in it may point elsewhere, as
    `run.save()` makes them.
    """
    parts = PurePosixPath(pattern).parts
    if not parts or pattern.startswith("/") or ".." in parts or "\0" in pattern:
        return
    plain = not any(mark in pattern for mark in "*?[")
    for path in [folder / pattern] if plain else sorted(folder.glob(pattern)):
        try:
            if stat.S_ISREG(path.stat().st_mode):
                yield path.relative_to(folder).as_posix(), path
        except OSError:  # noqa: PERF203 - each file for itself
            continue
