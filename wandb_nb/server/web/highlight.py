"""Highlights Python source, by Pygments."""

from __future__ import annotations

from itertools import groupby
from operator import itemgetter

from pygments.lexers.python import PythonLexer
from pygments.token import Comment, Keyword, Number, Operator, String

_MAX_SOURCE = 200_000
_KINDS = (
    (Comment, "comment"),
    (String, "string"),
    (Number, "number"),
    (Keyword, "keyword"),
    (Operator.Word, "keyword"),
)


def highlight(source: str, name: str = "") -> list[tuple[str, str]]:
    """Return *source* in pieces, each with its kind, empty for most; a *name* other than Python's stays one piece."""
    if len(source) > _MAX_SOURCE or not name.endswith((".py", ".ipynb")):
        return [("", source)]
    tokens = [(_kind(token), text) for _, token, text in PythonLexer().get_tokens_unprocessed(source)]
    return [(kind, "".join(text for _, text in same)) for kind, same in groupby(tokens, key=itemgetter(0))]


def _kind(token: object) -> str:
    return next((kind for group, kind in _KINDS if token in group), "")
