"""`LazySequence`: what the public API returns for many objects; they are read while they are asked for."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Generic, TypeVar, overload

T = TypeVar("T")


class LazySequence(Sequence[T], Generic[T]):
    """A sequence that reads its items at the first use and keeps them. Not thread-safe."""

    def __init__(self) -> None:
        self._read: list[T] = []
        self._rest: Iterator[T] | None = None
        self._position = 0

    @abstractmethod
    def _items(self) -> Iterator[T]:
        """Return an iterator that reads the items."""

    def __len__(self) -> int:
        self._read_up_to(None)
        return len(self._read)

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: int | slice) -> T | list[T]:
        """Return one item or a list of them; reads no more than needed for an index from the start."""
        wanted = index + 1 if isinstance(index, int) and index >= 0 else None
        self._read_up_to(wanted)
        return self._read[index]

    def __iter__(self) -> Iterator[T]:
        position = 0
        while self._read_up_to(position + 1):
            yield self._read[position]
            position += 1

    def __next__(self) -> T:
        if not self._read_up_to(self._position + 1):
            raise StopIteration
        self._position += 1
        return self._read[self._position - 1]

    def next(self) -> T:
        """Return the next item.

        Raises:
            StopIteration: There is no further one.

        """
        return self.__next__()

    def _read_up_to(self, count: int | None) -> bool:
        """Read *count* items, or all; return whether there are so many."""
        if self._rest is None:
            self._rest = self._items()
        missing = None if count is None else max(0, count - len(self._read))
        self._read += islice(self._rest, missing)
        return count is None or len(self._read) >= count
