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


class Prefixes(dict[int, str]):
    """The prefixes of one key, by the size of the value; each is made when it is first needed."""

    __slots__ = ("_part",)

    def __init__(self, name: str) -> None:
        super().__init__()
        self._part = _name_field(name)

    def __missing__(self, size: int) -> str:
        """Make the prefix of a size that was not asked for before."""
        text = prefix(self._part, size)
        if size < _MAX_SIZE:
            self[size] = text
        return text


class PrefixCache(dict[Any, Prefixes]):
    """The prefixes of each metric name. A lookup raises KeyError for what cannot be the name of a metric.

    Starts again when it is full: names that return are soon back, and names that are new in each row take bounded
    memory. Making the prefixes of a name takes a microsecond.
    """

    def __missing__(self, name: Any) -> Prefixes:
        """Make the prefixes of a name that is not there."""
        if type(name) is not str or name in RESERVED:
            raise KeyError(name)
        if len(self) >= _MAX_KEYS:
            self.clear()
        prefixes = self[name] = Prefixes(name)
        return prefixes
