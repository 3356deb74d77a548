"""The bytes before each value of a row: lengths and the key, from a cache where the key comes again.

Text stands for bytes here, one Latin-1 character a byte, because joining and encoding once is faster than encoding each
part.
"""

from __future__ import annotations

from typing import Any

from wandb_nb.store.format.wire import varint

RESERVED = frozenset(("_step", "_timestamp", "_runtime", "_cell", "_attempt", "_writer"))

_MAX_KEYS = 8192  # each costs about 1 kB
_LOW = tuple(map(chr, range(128)))
_MAX_SIZE = 32  # of a value whose prefix is stored; a float takes 24 characters at most


def size_text(number: int) -> str:
    """Return a length as the characters of its bytes."""
    return _LOW[number] if number < 128 else varint(number).decode("latin-1")  # noqa: PLR2004 -- len(_LOW)


def key_part(path: tuple[str, ...]) -> str:
    """Return the fields of an item that spell its key, one for each level."""
    return "".join(map(_name_field, path))


def _name_field(name: str) -> str:
    if not name.isascii():  # a lone surrogate is not valid UTF-8: it is written as its escape
        name = name.encode("utf-8", "backslashreplace").decode("latin-1")
    return f"\x12{size_text(len(name))}{name}"


def prefix(part: str, size: int) -> str:
    """Return the bytes before a value of *size* characters, for the key that *part* spells."""
    rest = f"{part}\x82\x01{size_text(size)}"
    return f"\n{size_text(len(rest) + size)}{rest}"


class PrefixCache(dict[Any, dict[int, str]]):
    """The prefixes of each metric name, by the size of the value; `prefix_of` makes those that are not there yet.

    A lookup raises KeyError for what cannot be the name of a metric. The cache starts again when it is full: names that
    return are soon back, and names that are new in each row take bounded memory.
    """

    def __missing__(self, name: Any) -> dict[int, str]:
        """Make room for the prefixes of a name."""
        if type(name) is not str or name in RESERVED:
            raise KeyError(name)
        if len(self) >= _MAX_KEYS:
            self.clear()
        return self.setdefault(name, {})


def prefix_of(prefixes: dict[int, str], name: str, size: int) -> str:
    """Return the prefix of a value of *size* characters from the *prefixes* of *name*; made when first needed."""
    text = prefixes.get(size)
    if text is None:
        text = prefix(_name_field(name), size)
        if size < _MAX_SIZE:
            prefixes[size] = text
    return text
