"""`Highlighter`: Python source by kinds of words, by Pygments."""

from __future__ import annotations

import time
from itertools import groupby
from operator import itemgetter

from pygments.lexers.python import PythonLexer
from pygments.token import Comment, Keyword, Number, Operator, String

_MAX_SOURCE = 200_000
# Some patterns of the lexer take quadratic time, for example in blank lines, and sources come from anyone.
_MAX_SECONDS = 1.0
_KINDS = (
    (Comment, "comment"),
    (String, "string"),
    (Number, "number"),
    (Keyword, "keyword"),
    (Operator.Word, "keyword"),
)


class Highlighter:
    """Highlights the sources of one page; those that exceed its time are left as they are."""

    def __init__(self, seconds: float = _MAX_SECONDS) -> None:
        self._remaining = seconds

    def __call__(self, source: str, name: str = "") -> list[tuple[str, str]]:
        """Return *source* in pieces, each with its kind, empty for most; only Python's file *name*s are highlighted."""
        if len(source) > _MAX_SOURCE or not name.endswith((".py", ".ipynb")):
            return [("", source)]
        start = time.monotonic()
        pieces: list[tuple[str, str]] = []
        for position, token, text in PythonLexer().get_tokens_unprocessed(source):
            if time.monotonic() - start > self._remaining:
                pieces.append(("", source[position:]))
                break
            pieces.append((_kind(token), text))
        self._remaining -= time.monotonic() - start
        return [(kind, "".join(text for _, text in same)) for kind, same in groupby(pieces, key=itemgetter(0))]


def _kind(token: object) -> str:
    return next((kind for group, kind in _KINDS if token in group), "")
