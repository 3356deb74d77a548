"""Addresses of files of this machine: `file://` and the path."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

_SCHEME = "file://"


def is_file_uri(uri: str) -> bool:
    """Return whether *uri* is the address of a file of this machine."""
    return uri.startswith(_SCHEME)


def uri_path(uri: str) -> Path:
    """Return the path in the address *uri*."""
    return Path(unquote(uri.removeprefix(_SCHEME)))
