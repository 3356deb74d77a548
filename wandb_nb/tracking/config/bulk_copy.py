"""Telling `dict(config)` and `{**config}`, which get plain values, from `config[key]`, which gives live sections.

A copy first calls `keys()` and then asks for each item, all in one instruction of its caller. A program that reads an
item does so in another instruction than the one that called `keys()`, if it did.
"""

from __future__ import annotations

import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType


class _Caller(threading.local):
    site: tuple[object, ...] | None = None


_keys_caller = _Caller()


def keys_called(mapping: object) -> None:
    """Note that the caller's caller has called `keys()` of *mapping*."""
    _keys_caller.site = _site(mapping, sys._getframe(2))  # noqa: SLF001 -- the one way to the caller, also in PyPy


def is_bulk_copy(mapping: object) -> bool:
    """Return whether the caller's caller copies *mapping*: the instruction that called `keys()` asks for an item."""
    return _keys_caller.site == _site(mapping, sys._getframe(2))  # noqa: SLF001 -- as above


def _site(mapping: object, frame: FrameType) -> tuple[object, ...]:
    return id(mapping), frame.f_code, frame.f_lasti
