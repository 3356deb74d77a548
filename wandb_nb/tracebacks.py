"""Tracebacks of user errors end at the user's line. Imports nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType, TracebackType

_PACKAGE = __name__.partition(".")[0]


def hide_own_frames(error: BaseException) -> None:
    """Cut the frames of this package off the end of the traceback of *error*, and drop a cause that lies in them."""
    last_foreign = _last_foreign(error)
    if last_foreign is not None:
        last_foreign.tb_next = None
    error.__suppress_context__ = True
    if error.__cause__ is not None and _last_foreign(error.__cause__) is None:
        error.__cause__ = None


def _last_foreign(error: BaseException) -> TracebackType | None:
    """Return the last entry of the traceback of *error* that is not of this package."""
    last, entry = None, error.__traceback__
    while entry is not None:
        if not _is_own(entry.tb_frame):
            last = entry
        entry = entry.tb_next
    return last


def _is_own(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0] == _PACKAGE
