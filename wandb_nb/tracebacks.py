"""Tracebacks of user errors end at the user's line. Imports nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

_PACKAGE = __name__.partition(".")[0]


def hide_own_frames(error: BaseException) -> None:
    """Cut the frames of this package off the end of the traceback of *error*, and those of what caused it."""
    last_foreign, entry = None, error.__traceback__
    while entry is not None:
        if not _is_own(entry.tb_frame):
            last_foreign = entry
        entry = entry.tb_next
    if last_foreign is not None:
        last_foreign.tb_next = None
    error.__suppress_context__ = True
    if error.__cause__ is not None:
        error.__cause__.__traceback__ = None


def _is_own(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0] == _PACKAGE
