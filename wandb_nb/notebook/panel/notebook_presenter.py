"""Telling a notebook's user about runs: a panel for each shown run, moved and refreshed cell by cell."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from wandb_nb import host
from wandb_nb.notebook.execution_count import running_cell
from wandb_nb.notebook.guard import guard
from wandb_nb.notebook.panel.panel import OutputPublisher, Panel
from wandb_nb.notebook.panel.push_thread import LiveRun, PushThread
from wandb_nb.tracking.terminal import lines as terminal
from wandb_nb.tracking.terminal.presenter import TerminalPresenter

if TYPE_CHECKING:
    from wandb_nb.notebook.magics.wandb_magics import WandbMagics
    from wandb_nb.tracking.run import Run


CALM = ("online-url",)  # notices that are good news: pages show stderr as an alarm


class _Calm(TerminalPresenter):
    """Lines on stdout."""

    def _write(self, text: str) -> None:
        _say(text)


class NotebookPresenter:
    """The presenter of a shell with a kernel behind it.

    What it is asked to do on behalf of the tracker is guarded; what the user asks for by `show` may raise.
    """

    def __init__(self, shell: Any, feed: PushThread, options: WandbMagics) -> None:
        self._shell = shell
        self._feed = feed
        self._options = options
        self._screen = OutputPublisher(shell)
        self._lines, self._calm = TerminalPresenter(), _Calm()
        self._panels: dict[str, Panel] = {}
        self._cell: int | None = running_cell(shell)
        self.between_cells = False
        """Whether a cell's hooks run, or none does: what is told then would stand under a cell of somebody else's."""

    def started(self, run: Run) -> None:
        """Follow *run*, and show it unless its settings or the user's `%config` say not to."""
        with guard("showing the run"):
            run.cell = self._cell
            panel = self._follow(run)
            if panel is not None and self._wanted(run):
                panel.move(self._cell)
                self._bring_widget(panel)
            if not run.settings.silent and (run.identity.begun or panel is None or panel.cell is None):
                _say(terminal.started(run))

    def finished(self, run: Run) -> None:
        """Leave the run's last picture, and one line in the cell that ended it.

        The line is left out where the picture says it all: in its own cell, for a run that was not sent.
        """
        panel = self._panels.pop(run.id, None)
        if panel is not None:
            with guard("showing the end of the run"):
                self._end(panel)
        with guard("telling the end of the run"):
            if not run.settings.silent and (panel is None or panel.cell != self._cell or run.outcome):
                _say(terminal.finished(run, quiet=True))

    def show(self, run: Run) -> None:
        """Show *run* in the running cell."""
        panel = self._panels.get(run.id)
        if panel is not None and panel.cell == self._cell and self._cell is not None:
            panel.refresh()  # `wandb.init()` at a cell's end: its value is shown already
        elif panel is not None:
            panel.show(self._cell)
            self._bring_widget(panel)
        elif run.file is not None:  # it has ended: a picture that nothing will change
            Panel(run, LiveRun(run, run.file), self._screen).show(self._cell)
        else:
            _say(terminal.shown(run))

    def notice(self, text: str, key: str | None = None) -> None:
        """Tell one thing under the running cell."""
        lines = self._calm if key in CALM else self._lines
        lines.notice(text, key)

    def may_speak(self) -> bool:
        """Return whether this is the main thread, within a cell: what threads and hooks find waits."""
        return not self.between_cells and threading.current_thread() is threading.main_thread()

    def cell_begins(self, number: int) -> None:
        """Mark the rows to come as those of cell *number*, and let its first one bring the panel along."""
        self._cell = number
        for panel in list(self._panels.values()):
            panel.remove_stop_request()
            panel.run.cell = number
            if self._wanted(panel.run):
                panel.run.on_next_row = self._row_arrived

    def cell_ended(self) -> None:
        """Refresh the panels whose runs logged something."""
        for panel in list(self._panels.values()):
            panel.run.on_next_row = None
            panel.remove_stop_request()
            if panel.behind:
                panel.refresh()

    def forget_all(self) -> None:
        """Show nothing more; the runs go on. Also what a forked child does, whose locks may be held by nobody."""
        for panel in self._panels.values():
            panel.run.on_next_row = None
        self._panels = {}

    def followed(self, run_id: str) -> LiveRun | None:
        """Return the live followed run of that id."""
        panel = self._panels.get(run_id)
        return panel.followed if panel is not None else None

    def _follow(self, run: Run) -> Panel | None:
        """Return the run's new panel; None for a disabled run, of which there is nothing to see."""
        if run.file is None:
            return None
        followed = LiveRun(run, run.file)
        panel = self._panels[run.id] = Panel(run, followed, self._screen)
        self._feed.follow(followed)
        return panel

    def _wanted(self, run: Run) -> bool:
        """Return whether *run* shows itself unasked: by its settings, else by `%config WandbMagics.display`."""
        if run.settings.silent:
            return False
        chosen = run.settings.display
        if chosen is None:
            return bool(self._options.display) and not run.settings.quiet
        return chosen

    def _row_arrived(self, run: Run) -> None:
        """Take the panel to the cell that logs; called from `log()`."""
        with guard("showing the run"):
            panel = self._panels.get(run.id)
            if panel is not None and panel.cell != self._cell:
                panel.move(self._cell)
                self._bring_widget(panel)

    def _end(self, panel: Panel) -> None:
        self._feed.forget(panel.run.id)
        panel.run.on_next_row = None
        panel.end()

    def _bring_widget(self, panel: Panel) -> None:
        """Make the run's widget, once, where a page can show it; in a thread, since its packages load slowly."""
        if panel.widget_asked or not _page_is_there(self._shell):
            return
        panel.widget_asked = True
        threading.Thread(target=_make_widget, args=(panel,), name="wandb-nb-widget", daemon=True).start()


def _say(text: str) -> None:
    print(text)  # noqa: T201  on stdout, since pages show stderr as an alarm


def _make_widget(panel: Panel) -> None:
    with guard("making the widget"):
        from wandb_nb.notebook.panel.widget import (  # anywidget and ipywidgets take longer to load than init() may
            make,
            page_facts,
        )

        widget = make(panel.followed)
        panel.adopt(widget, page_facts(widget) if widget is not None else {})


def _page_is_there(shell: Any) -> bool:
    """Return whether a page runs the cells: pages send facts with each cell, as its id, and nbclient sends none.

    Colab and VS Code may send no facts, but let a cell ask for input, which nbclient does not.
    nbclient keeps the state of every widget in the notebook's metadata, 60 kB of JavaScript for ours, and nobody would
    see it.
    """
    get_parent = getattr(shell, "get_parent", None)
    parent = get_parent() if get_parent is not None else None
    if not parent or not host.in_notebook():
        return False
    asks = host.kind() in ("colab", "vscode") and parent.get("content", {}).get("allow_stdin")
    return bool(parent.get("metadata") or asks)
