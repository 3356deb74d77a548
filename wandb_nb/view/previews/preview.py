"""`Preview`: a small copy of one media file, as a saved notebook holds it."""

from __future__ import annotations

import base64
from dataclasses import dataclass

PICTURE_SIDE = 160  # pixels at most
MAX_CELL = 60  # characters of a table's cell


@dataclass(frozen=True)
class TableHead:
    """The first rows of a table, with texts of one line or pictures as cells; *rows_in_all* counts all of its rows."""

    columns: list[str]
    rows: list[list[str | Preview]]
    rows_in_all: int


@dataclass(frozen=True)
class Preview:
    """A small copy of a media file: its bytes, of the type *media_type*, and what pages without a view show of it.

    A picture has its size in pixels; a table has its *table*, a page its *text*. *parts* are copies of further files
    that belong to it, with their paths.
    """

    media_type: str
    data: bytes
    width: int = 0
    height: int = 0
    table: TableHead | None = None
    text: str = ""
    parts: tuple[tuple[str, Preview], ...] = ()

    @property
    def is_picture(self) -> bool:
        """Whether it is a picture: that of an image, a sound's waveform or a video's first frame."""
        return self.width > 0

    @property
    def base64(self) -> str:
        """The bytes as a data address and a snapshot have them."""
        return base64.b64encode(self.data).decode()
