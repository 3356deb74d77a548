"""`Html`: a page or a piece of one."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wandb_nb.data.media_content import MediaContent
from wandb_nb.data.media_value import BatchableMedia
from wandb_nb.errors import MediaError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wandb_nb.data.media_store import MediaTarget

HEAD = (
    '<base target="_blank"><link rel="stylesheet" type="text/css" href="https://app.wandb.ai/normalize.css" />'  # W&B's
)
"""What `inject` puts into the head; pages made here remove it, since it would be loaded from a server."""
_MAX_PATH_LENGTH = 4096


class Html(BatchableMedia):
    """A page to be logged: its text, a path of a file, or an open file.

    *inject* puts W&B's style into the head. *data_is_not_path* takes the text as HTML even if it names a file.

    Raises:
        MediaError: *data* is neither text nor an open file nor the path of a file that can be read.

    """

    log_type, folder, suffix = "html-file", "html", "html"

    def __init__(self, data: Any, inject: bool = True, data_is_not_path: bool = False) -> None:
        super().__init__()
        self._inject = inject
        self._is_file = False
        if isinstance(data, os.PathLike) or (isinstance(data, str) and not data_is_not_path and _is_file(data)):
            self.html, self._is_file = _file_text(Path(data)), True
        elif isinstance(data, str):
            self.html = data
        elif hasattr(data, "read"):
            text = data.read()
            self.html = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
        else:
            raise MediaError(f"Html() cannot be made of {type(data).__name__}: give text, a path or an open file")

    def clean_content(self, clean: Callable[[Any, str], Any], name: str) -> MediaContent:
        """Return the page, without secrets unless it is a file's."""
        text = self.html if self._is_file else clean(self.html, name)
        return MediaContent((_injected(text) if self._inject else text).encode("utf-8", "surrogateescape"))

    @classmethod
    def list_to_row(cls, values: Sequence[Html], target: MediaTarget) -> dict[str, Any]:
        """Store the pages, and return the JSON of their list."""
        rows = [page.to_row(target) for page in values]
        return {"_type": "html", "count": len(rows), "html": rows}


def _file_text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError as error:
        raise MediaError(f"Html() cannot read {path} ({error.strerror or error}): check the path") from error


def _is_file(text: str) -> bool:
    return len(text) < _MAX_PATH_LENGTH and "\0" not in text and os.path.isfile(text)  # noqa: PTH113 -- may be no path


def _injected(text: str) -> str:
    """Return the page with W&B's style in its head, which is made where there is none."""
    text = text.strip()
    for mark, inserted in (("<head>", HEAD), ("<html>", f"<head>{HEAD}</head>")):
        start, tag, end = text.partition(mark)
        if tag:
            return f"{start}{tag}{inserted}{end}"
    return HEAD + text
