"""The session of this process's notebook. In a script there is none, and the recording of cells is not loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wandb_nb.capture.cells.session import Session

_current: Session | None = None


def current_session() -> Session | None:
    """Return the session of this process's notebook; None elsewhere."""
    return _current


def set_current_session(session: Session | None) -> None:
    """Make *session* the one that runs record."""
    global _current  # noqa: PLW0603 -- a process has one shell
    _current = session
