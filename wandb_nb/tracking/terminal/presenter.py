"""Who tells the user about a run: lines in a terminal, or whatever the notebook layer puts in their place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from wandb_nb.tracking.run_view import session_of
from wandb_nb.tracking.terminal import lines
from wandb_nb.tracking.terminal.stderr import prefixed, write_line

if TYPE_CHECKING:
    from wandb_nb.settings import Resolved
    from wandb_nb.tracking.run_view import RunView


class Presenter(Protocol):
    """What a run tells its user.  Called in the thread that acts on the run; errors in it are reported, not raised."""

    def started(self, run: RunView) -> None:
        """Tell that *run* has begun."""

    def finished(self, run: RunView) -> None:
        """Tell that *run* has ended, and what came of it."""

    def show(self, run: RunView) -> None:
        """Show *run* as it stands now."""

    def notice(self, text: str, key: str | None = None) -> None:
        """Tell one thing, each *key* once a process; without a key every time."""

    def may_speak(self) -> bool:
        """Return whether what is told now stands with a call that the user has made."""


class TerminalPresenter:
    """Lines on stderr, where they stay apart from what a script prints for others to read."""

    def __init__(self) -> None:
        self._told: set[str] = set()

    def started(self, run: RunView) -> None:
        """Write the one line at the start."""
        if _speaks(run.settings):
            self._write(lines.started(run))

    def finished(self, run: RunView) -> None:
        """Write sparklines and summary, unless the run is quiet, and the line that says where it lies."""
        if _speaks(run.settings):
            self._write(lines.finished(run, quiet=session_of(run).quiet))

    def show(self, run: RunView) -> None:
        """Write the run's header and its values so far."""
        self._write(lines.shown(run))

    def notice(self, text: str, key: str | None = None) -> None:
        """Write one line, once for each *key*."""
        if key is not None and key in self._told:
            return
        self._told.add(key or "")
        self._write(prefixed(text))

    def may_speak(self) -> bool:
        """Return True: a script has one output."""
        return True

    def _write(self, text: str) -> None:
        write_line(text)


def _speaks(settings: Resolved) -> bool:
    """Tell whether the lines of a run's start and end are wanted."""
    return not settings.silent and settings.text_output and settings.show_info


_presenter: Presenter = TerminalPresenter()


def presenter() -> Presenter:
    """Return the presenter in use."""
    return _presenter


def set_presenter(new: Presenter) -> Presenter:
    """Put *new* in use for this process and return the one before it."""
    global _presenter
    old, _presenter = _presenter, new
    return old


def wants_warnings(settings: Resolved) -> bool:
    """Return whether notices are printed."""
    return not settings.silent and settings.show_warnings


def report(settings: Resolved, text: str, key: str | None = None) -> None:
    """Report one thing to the user, each *key* once; nothing where the settings want no warnings."""
    if wants_warnings(settings):
        _presenter.notice(text, key)
