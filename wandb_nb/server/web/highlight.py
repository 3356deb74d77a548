"""Python source in its kinds of words, by the standard library's own tokenizer."""

from __future__ import annotations

import io
import keyword
import tokenize
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_LONGEST = 200_000
_KINDS = {tokenize.COMMENT: "comment", tokenize.STRING: "string", tokenize.NUMBER: "number"}
_STRING_PARTS = {
    number
    for name in ("FSTRING_START", "FSTRING_MIDDLE", "FSTRING_END")  # from Python 3.12 on
    if (number := getattr(tokenize, name, None)) is not None
}


def highlighted(source: str, name: str = "") -> list[tuple[str, str]]:
    """Return *source* in pieces, each with its kind, which is empty for most; *name* tells whether it is Python."""
    if len(source) > _LONGEST or not name.endswith((".py", ".ipynb")):
        return [("", source)]
    starts = [0]
    for line in source.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    pieces = []
    at = 0
    for kind, begin, end in _marks(source, starts):
        pieces += [("", source[at:begin]), (kind, source[begin:end])]
        at = end
    return [*pieces, ("", source[at:])]


def _marks(source: str, starts: list[int]) -> Iterator[tuple[str, int, int]]:
    """Yield kind, start and end of what is marked, as far as it is Python: cells may hold magics."""
    try:
        for token in tokenize.generate_tokens(io.StringIO(source).readline):
            kind = _kind(token)
            if kind:
                begin, end = (starts[row - 1] + column for row, column in (token.start, token.end))
                if begin < end:
                    yield kind, begin, end
    except (tokenize.TokenError, SyntaxError, IndexError):
        return


def _kind(token: tokenize.TokenInfo) -> str:
    if token.type in _STRING_PARTS:
        return "string"
    if token.type == tokenize.NAME:
        return "keyword" if keyword.iskeyword(token.string) else ""
    return _KINDS.get(token.type, "")
