"""The address of a bucket, as a user gives it. Credentials never are part of it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

from wandb_nb.errors import UsageError
from wandb_nb.server.storage.storage_errors import BusyError

if TYPE_CHECKING:
    from wandb_nb.server.storage.files.file_store import FileStore

_BUCKET = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{1,62}")
_PREFIX = re.compile(r"[A-Za-z0-9._/-]{0,200}")


class S3Address(NamedTuple):
    """A bucket, what all keys begin with, and the store that has it: *endpoint* is None for Amazon's."""

    bucket: str
    prefix: str = ""
    endpoint: str | None = None
    path_style: bool = False

    def __str__(self) -> str:
        return f"s3://{self.bucket}/{self.prefix}".rstrip("/")


def parse_s3_address(address: str, endpoint: str | None = None, *, path_style: bool = False) -> S3Address:
    """Return the bucket and prefix that *address*, `s3://BUCKET/PREFIX`, names.

    Raises:
        UsageError: One of the addresses is not valid, or contains credentials.

    """
    scheme, _, rest = address.partition("://")
    bucket, _, prefix = rest.partition("/")
    prefix = prefix.strip("/")
    if scheme != "s3" or not _BUCKET.fullmatch(bucket) or not _is_prefix(prefix):
        raise UsageError(
            "the address for files is not valid; it is s3://BUCKET/PREFIX, with letters, digits and . _ - in both, "
            "and credentials where the AWS tools look for them, for example AWS_ACCESS_KEY_ID"
        )
    if endpoint and not _is_endpoint(endpoint):
        raise UsageError("the endpoint of the file store is not valid; it is https://HOST or https://HOST:PORT")
    return S3Address(bucket, f"{prefix}/" if prefix else "", (endpoint or "").rstrip("/") or None, path_style)


def require_writable(store: FileStore, address: S3Address) -> None:
    """Check that the server can write to the bucket at *address*.

    Raises:
        UsageError: It cannot; the message has the store's code for the reason.

    """
    try:
        store.check()
    except (BusyError, OSError) as error:
        raise UsageError(
            f"the server cannot write files to {address} ({failure_code(error.__cause__)}); check bucket, endpoint, "
            "region and credentials"
        ) from None  # the cause could contain an access key's id


def failure_code(error: BaseException | None) -> str:
    """Return S3's code of *error*, or its type; never its text, which can contain the id of an access key."""
    response = getattr(error, "response", None) or {}
    return str(response.get("Error", {}).get("Code") or type(error).__name__)[:80]


def _is_prefix(prefix: str) -> bool:
    parts = prefix.split("/") if prefix else []
    return bool(_PREFIX.fullmatch(prefix)) and not any(part in {"", ".", ".."} for part in parts)


def _is_endpoint(endpoint: str) -> bool:
    try:
        parts = urlsplit(endpoint)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return is_address and "@" not in parts.netloc and not parts.query and parts.path in {"", "/"}
