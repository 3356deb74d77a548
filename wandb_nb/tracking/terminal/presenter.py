"""Presenters: they show runs to the user, as lines in a terminal or as the notebook layer does it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from wandb_nb.errors import UsageError
from wandb_nb.tracking.run_view import session_of
from wandb_nb.tracking.terminal import lines
from wandb_nb.tracking.terminal.stderr import prefixed, write_line

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wandb_nb.settings import Resolved
    from wandb_nb.tracking.run_view import RunView


class Presenter(Protocol):
    """Shows runs to the user. Called in the thread that acts on the run; its errors are reported, not raised."""

    def started(self, run: RunView) -> None:
        """Report that *run* has begun."""

    def finished(self, run: RunView) -> None:
        """Report that *run* has ended, and its outcome."""

    def show(self, run: RunView) -> None:
        """Show the current state of *run*."""

    def widget(self, run: RunView, selected: Iterable[str]) -> Any:
        """Return a widget of *run*, with charts of the metrics in *selected*, or of all. Its errors are raised."""

    def notice(self, text: str, key: str | None = None) -> None:
        """Print *text*, once per process for each *key*; without a key every time."""

    def can_print(self) -> bool:
        """Return whether a line printed now appears under a call that the user made."""


class TerminalPresenter:
    """Prints lines on stderr, apart from what a script prints for other programs to read."""

    def __init__(self) -> None:
        self._printed_keys: set[str] = set()

    def started(self, run: RunView) -> None:
        """Print the line at the start."""
        if _wants_lines(run.settings):
            self._write(lines.start_line(run))

    def finished(self, run: RunView) -> None:
        """Print sparklines and summary, unless the run is quiet, and the line with the outcome."""
        if _wants_lines(run.settings):
            self._write(lines.end_lines(run, quiet=session_of(run).quiet))

    def show(self, run: RunView) -> None:
        """Print the run's header and its values so far."""
        self._write(lines.status_lines(run))

    def widget(self, run: RunView, selected: Iterable[str]) -> Any:  # noqa: ARG002 -- the presenter's signature
        """Raise UsageError: there is no page to show a widget."""
        raise UsageError("run.widget() needs a notebook; run.display() prints the run here")

    def notice(self, text: str, key: str | None = None) -> None:
        """Print one line, once for each *key*."""
        if key is not None and key in self._printed_keys:
            return
        self._printed_keys.add(key or "")
        self._write(prefixed(text))

    def can_print(self) -> bool:
        """Return True: a script has one output."""
        return True

    def _write(self, text: str) -> None:
        write_line(text)


def _wants_lines(settings: Resolved) -> bool:
    """Return whether the lines at the start and end of a run are printed."""
    return not settings.silent and settings.text_output and settings.show_info


_presenter: Presenter = TerminalPresenter()


def presenter() -> Presenter:
    """Return the presenter in use."""
    return _presenter


def set_presenter(new: Presenter) -> Presenter:
    """Use *new* in this process and return the previous presenter."""
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
