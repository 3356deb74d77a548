"""Runs in marimo: the live view under the cell that starts a run, through marimo's own support for anywidget.

marimo answers a page only between cells. A view that has no answer yet is therefore sent a snapshot now and then; see
`LiveRun.add_pending`.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from wandb_nb import host
from wandb_nb.notebook.guard import guard
from wandb_nb.notebook.panel.live_run import LiveRun
from wandb_nb.notebook.panel.push_thread import PushThread
from wandb_nb.notebook.widgets.widget_factory import create_widget
from wandb_nb.tracking.terminal import lines
from wandb_nb.tracking.terminal.presenter import TerminalPresenter, presenter, set_presenter

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wandb_nb.tracking.run_view import RunView


def attach() -> None:
    """Show runs in marimo from now on, if this is marimo."""
    if host.kind() == "marimo" and not isinstance(presenter(), MarimoPresenter):
        set_presenter(MarimoPresenter())


class MarimoPresenter(TerminalPresenter):
    """Shows a run in its cell's output, and prints everything else in lines as at a terminal."""

    def __init__(self) -> None:
        super().__init__()
        self._push_thread = PushThread()
        self._live_runs: dict[str, tuple[LiveRun, Any]] = {}

    def started(self, run: RunView) -> None:
        """Add the run's live view to the running cell, unless its settings disable that."""
        if run.file is None or run.settings.silent or run.settings.display is False:
            super().started(run)
            return
        with guard("showing the run"):
            live_run = LiveRun(run, run.file)
            widget = _marimo_widget(live_run)
            live_run.take_snapshot = lambda: _send_snapshot(live_run)
            self._live_runs[run.id] = live_run, widget
            self._push_thread.add(live_run)
            _append_output(widget)

    def finished(self, run: RunView) -> None:
        """Send the last rows to the view, and print one line."""
        entry = self._live_runs.pop(run.id, None)
        if entry is not None:
            with guard("showing the end of the run"):
                live_run, _ = entry
                self._push_thread.remove(run.id)
                live_run.take_snapshot = None
                _send_snapshot(live_run)
                live_run.push()
                live_run.notify_observers()
        if not run.settings.silent:
            self._write(lines.end_lines(run, quiet=True))

    def show(self, run: RunView) -> None:
        """Add the run to the running cell: live while it is active, a picture after it has ended."""
        entry = self._live_runs.get(run.id)
        if entry is not None and entry[1] is not None:
            _append_output(entry[1])
        elif (picture := run._repr_html_()) is not None:
            _append_output(sys.modules["marimo"].Html(picture))
        else:
            super().show(run)

    def widget(self, run: RunView, selected: Iterable[str]) -> Any:
        """Return a new widget of *run*, which follows it while it is active."""
        if run.id not in self._live_runs and run.file is not None and run.state == "running":
            self._live_runs[run.id] = LiveRun(run, run.file), None
            self._push_thread.add(self._live_runs[run.id][0])
        live_run = self._live_runs[run.id][0] if run.id in self._live_runs else None
        if live_run is None and run.file is not None:
            live_run = LiveRun(run, run.file)
        return create_widget(run, live_run, selected)


def _marimo_widget(live_run: LiveRun) -> Any:
    from wandb_nb.notebook.panel.widget import make_widget  # anywidget and ipywidgets take long to load

    widget = make_widget(live_run)
    return None if widget is None else sys.modules["marimo"].ui.anywidget(widget)


def _append_output(output: Any) -> None:
    if output is not None:
        sys.modules["marimo"].output.append(output)


def _send_snapshot(live_run: LiveRun) -> None:
    live_run.schedule_next_snapshot()
    live_run.read_to_end()
    live_run.send_to_pending()
