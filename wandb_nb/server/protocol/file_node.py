"""`FileNode`: a file of a run."""

from __future__ import annotations

import fnmatch
import mimetypes
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from wandb_nb.errors import UsageError
from wandb_nb.run_filters.run_values import timestamp
from wandb_nb.server.http.file_urls import download_url, staged_token, upload_url
from wandb_nb.server.protocol.connections import MAX_PAGE, connection_page
from wandb_nb.server.storage.run_store import list_files, run_for_writing
from wandb_nb.server.storage.server_ids import global_id, split_global_id

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wandb_nb.server.protocol.request_context import RequestContext

_KIND = "File"
_MAX_PATTERN = 1024


@dataclass
class FileNode:
    """A file of a run; *row* is None if it has not been uploaded yet."""

    context: RequestContext
    run: Any
    name: str
    row: Any | None = None

    # What only files of artifacts have:
    storage_path = upload_multipart_urls = artifact = digest = None
    upload_headers: ClassVar[list[str]] = []

    def display_name(self, _: RequestContext) -> str:
        return self.name

    def id(self, _: RequestContext) -> str:
        return global_id(f"{_KIND}:{self.name}", self.run.id)

    def url(self, context: RequestContext, upload: bool | None = None) -> str:
        return self.upload_url(context) if upload else self.direct_url(context)

    def direct_url(self, context: RequestContext) -> str:
        return download_url(context.base_url, self.run, self.name)

    def upload_url(self, context: RequestContext) -> str:
        run_for_writing(context.connection, context.user, self.run.id)
        signer, signed = context.services.signer, context.signed
        if signed is not None:
            token = staged_token(signer, context.user, self.run, self.name)
            if (url := signed.upload_url(self.run.uid, token)) is not None:
                return url
        return upload_url(context.base_url, signer, context.user, self.run, self.name)

    def size_bytes(self, _: RequestContext) -> int:
        return self.row.size if self.row is not None else 0

    def mimetype(self, _: RequestContext) -> str:
        return mimetypes.guess_type(self.name)[0] or "application/octet-stream"

    def md5(self, _: RequestContext) -> str | None:
        return self.row.md5 if self.row is not None else None

    def updated_at(self, _: RequestContext) -> str | None:
        return timestamp(self.row.updated) if self.row is not None else None


def parse_file_id(text: str) -> tuple[int | None, str]:
    """Return the run's number, None if *text* is not the GraphQL id of a file, and the file's name."""
    kind, number = split_global_id(text)
    prefix, _, name = kind.partition(":")
    return (number, name) if prefix == _KIND else (None, "")


def files_page(  # noqa: PLR0917 -- the field's arguments
    context: RequestContext,
    run: Any,
    names: Sequence[str | None] | None,
    after: str | None,
    first: int | None,
    pattern: str | None,
) -> dict[str, Any]:
    """Return files of *run*. Named ones are returned even before they exist, which old clients need to upload them.

    Raises:
        UsageError: *pattern* is too long.

    """
    rows = {row.name: row for row in list_files(context.connection, run)}
    if requested := [name for name in names or () if name]:
        return connection_page([FileNode(context, run, name, rows.get(name)) for name in requested], None, MAX_PAGE)
    if pattern and len(pattern) > _MAX_PATTERN:
        raise UsageError(f"a pattern of file names can have at most {_MAX_PATTERN} characters")
    glob = pattern.replace("%", "*") if pattern else "*"
    nodes = [FileNode(context, run, name, row) for name, row in rows.items() if fnmatch.fnmatch(name, glob)]
    return connection_page(nodes, after, first)
