"""Patterns that are compiled when they are first used: all of the rules together take ten milliseconds."""

from __future__ import annotations

import re
from time import sleep
from typing import AnyStr, Generic, cast

_METHODS = ("search", "match", "fullmatch", "split", "sub", "finditer")
_patterns: list[_LazyPattern[str] | _LazyPattern[bytes]] = []


class _LazyPattern(Generic[AnyStr]):
    """Acts as the compiled pattern. Safe to use from any thread: compiling twice changes nothing."""

    def __init__(self, pattern: AnyStr, flags: int) -> None:
        self._pattern: AnyStr = pattern
        self._flags = flags

    def __getattr__(self, name: str) -> object:
        """Return a method of the compiled pattern; later uses find it on the instance, without this call."""
        if name not in _METHODS:
            raise AttributeError(name)
        self.compile()
        return self.__dict__[name]

    def compile(self) -> None:
        """Compile the pattern if that has not been done."""
        if "search" not in self.__dict__:
            compiled = re.compile(self._pattern, self._flags)
            self.__dict__.update({name: getattr(compiled, name) for name in _METHODS})


def lazy_pattern(pattern: AnyStr, flags: int = 0) -> re.Pattern[AnyStr]:
    """Return a pattern that is compiled when it is first used."""
    lazy = _LazyPattern(pattern, flags)
    _patterns.append(lazy)
    return cast("re.Pattern[AnyStr]", lazy)


def compile_patterns(delay_seconds: float = 0.0) -> None:
    """Compile all patterns after a delay, in a thread that nobody waits for."""
    sleep(delay_seconds)
    for pattern in _patterns:
        pattern.compile()
