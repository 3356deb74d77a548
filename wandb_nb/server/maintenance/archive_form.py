"""The form of an archive of a server's data: a compressed tar file with the tables as JSON and the files as they are.

The members, in this order: `archive.json`, which describes the others; `tables/<name>/<number>.json`, lists of rows
without their columns' names; `files/<blob>`. What belongs to one installation is left out: logins, and the secret
that signs them and upload addresses.
"""

from __future__ import annotations

import base64
import tarfile
from typing import TYPE_CHECKING, Any, NamedTuple

from sqlalchemy import LargeBinary

from wandb_nb.server.storage.tables import attempts, contents, files, metadata, secrets, sessions

if TYPE_CHECKING:
    from sqlalchemy import Table
    from typing_extensions import Self

FORM = 1
DESCRIPTION = "archive.json"
MAX_PART_BYTES = 64 << 20
"""Of a member other than a file, so that reading one never takes more memory."""

_LEFT_OUT = (attempts, secrets, sessions)
TABLES: dict[str, Table] = {table.name: table for table in metadata.sorted_tables if table not in _LEFT_OUT}
"""The tables of an archive; one that refers to another comes after it."""

FILE_TABLES = ((files, files.c.md5), (contents, contents.c.digest))
"""The tables that name blobs, and their MD5 in hex."""


class Description(NamedTuple):
    """What an archive has: the revision of its tables, their columns and rows, the last ids, the size of all files."""

    form: int
    revision: str
    created: float
    columns: dict[str, list[str]]
    rows: dict[str, int]
    last_ids: dict[str, int]
    file_bytes: int


class PlainMember(tarfile.TarInfo):
    """A member of an archive, which is a file without extended headers: those could have any size."""

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        """Read the header of a member.

        Raises:
            ValueError: It is not a plain file.

        """
        member = super().frombuf(buf, encoding, errors)
        if member.type not in {tarfile.REGTYPE, tarfile.AREGTYPE}:
            raise ValueError(f"its member {member.name[:80]!r} is not a plain file")
        return member


def encode_row(table: Table, row: Any) -> list[Any]:
    """Return *row* as JSON can hold it."""
    return [
        base64.b64encode(value).decode() if isinstance(column.type, LargeBinary) else value
        for column, value in zip(table.columns, row, strict=True)
    ]


def decode_row(table: Table, values: list[Any]) -> dict[str, Any]:
    """Return the row that `encode_row` encoded.

    Raises:
        ValueError: It has other columns.

    """
    return {
        column.name: base64.b64decode(value, validate=True) if isinstance(column.type, LargeBinary) else value
        for column, value in zip(table.columns, values, strict=True)
    }
