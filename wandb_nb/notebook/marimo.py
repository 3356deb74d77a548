"""Runs in marimo: the live view under the cell that starts one, through marimo's own support for anywidget.

marimo answers a page between cells only, so a view that is not answered yet is told a snapshot now and then; see
`LiveRun.expect`.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from wandb_nb import host
from wandb_nb.notebook.guard import guard
from wandb_nb.notebook.panel.push_thread import LiveRun, PushThread
from wandb_nb.tracking.terminal import lines
from wandb_nb.tracking.terminal.presenter import TerminalPresenter, presenter, set_presenter

if TYPE_CHECKING:
    from wandb_nb.tracking.run import Run


def attach() -> None:
    """Have runs shown in marimo from now on, if that is where we are."""
    if host.kind() == "marimo" and not isinstance(presenter(), MarimoPresenter):
        set_presenter(MarimoPresenter())


class MarimoPresenter(TerminalPresenter):
    """Shows a run in its cell's output, and tells the rest in lines as at a terminal."""

    def __init__(self) -> None:
        super().__init__()
        self._feed = PushThread()
        self._live: dict[str, tuple[LiveRun, Any]] = {}

    def started(self, run: Run) -> None:
        """Add the run's live view to the running cell, unless its settings say not to."""
        if run.file is None or run.settings.silent or run.settings.display is False:
            super().started(run)
            return
        with guard("showing the run"):
            followed = LiveRun(run, run.file)
            widget = _widget(followed)
            followed.snapshot = lambda: _tell(followed)
            self._live[run.id] = followed, widget
            self._feed.follow(followed)
            _output(widget)

    def finished(self, run: Run) -> None:
        """Send the view the last rows, and write one line."""
        live = self._live.pop(run.id, None)
        if live is not None:
            with guard("showing the end of the run"):
                followed, _ = live
                self._feed.forget(run.id)
                followed.snapshot = None
                _tell(followed)
                followed.push()
        if not run.settings.silent:
            self._write(lines.finished(run, quiet=True))

    def show(self, run: Run) -> None:
        """Add the run to the running cell: live while it goes on, a picture when it has ended."""
        live = self._live.get(run.id)
        if live is not None:
            _output(live[1])
        elif (picture := run._repr_html_()) is not None:
            sys.modules["marimo"].output.append(sys.modules["marimo"].Html(picture))
        else:
            super().show(run)


def _widget(followed: LiveRun) -> Any:
    from wandb_nb.notebook.panel.widget import make  # anywidget and ipywidgets take long to load

    widget = make(followed)
    return None if widget is None else sys.modules["marimo"].ui.anywidget(widget)


def _output(widget: Any) -> None:
    if widget is not None:
        sys.modules["marimo"].output.append(widget)


def _tell(followed: LiveRun) -> None:
    followed.snapshot_taken()
    followed.catch_up()
    followed.tell_waiting()
