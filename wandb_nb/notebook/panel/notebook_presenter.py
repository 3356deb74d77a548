"""Shows runs in a notebook: a panel where a run logs first, refreshed cell by cell, and lines of text."""

from __future__ import annotations

import threading
from functools import partial
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

from wandb_nb import host
from wandb_nb.lru import LRUDict
from wandb_nb.notebook.execution_count import running_cell
from wandb_nb.notebook.guard import guard
from wandb_nb.notebook.panel.live_run import LiveRun
from wandb_nb.notebook.panel.panel import Panel
from wandb_nb.notebook.panel.panel_layout import PanelLayout
from wandb_nb.notebook.panel.panel_output import CellRef
from wandb_nb.notebook.widgets.widget_factory import create_widget
from wandb_nb.tracking.run_view import session_of
from wandb_nb.tracking.terminal import lines
from wandb_nb.tracking.terminal.presenter import TerminalPresenter
from wandb_nb.tracking.terminal.stderr import fitting

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from pathlib import Path

    from wandb_nb.notebook.panel.push_thread import PushThread
    from wandb_nb.tracking.run_view import RunView


MAX_ENDED = 20
"""Ended runs that pages may still ask for; older ones have their saved snapshot."""
WIDGET_DELAY_SECONDS = 0.2  # `init()` returns first, without another thread that competes for the interpreter
STDOUT_NOTICES = ("online-url",)  # good news, while pages show stderr as an alarm


class StdoutPresenter(TerminalPresenter):
    """Lines on stdout."""

    def _write(self, text: str) -> None:
        _print(text)


class NotebookPresenter:
    """The presenter of a shell with a kernel behind it.

    What the tracker calls is guarded. What the user asks for through `show` may raise.
    """

    def __init__(self, shell: Any, push_thread: PushThread, display_enabled: Callable[[], bool]) -> None:
        self._shell = shell
        self._push_thread = push_thread
        self._display_enabled = display_enabled
        self._stderr, self._stdout = TerminalPresenter(), StdoutPresenter()
        self._panels: dict[str, Panel] = {}
        self._ended: LRUDict[str, RunView] = LRUDict(MAX_ENDED)
        self._runs_by_file: WeakValueDictionary[Path, LiveRun] = WeakValueDictionary()
        self._cell: int = running_cell(shell)
        self._layout = PanelLayout(shell, self._cell_ref(_running_source(shell)), self._rearm)
        self.in_hook = False
        """Whether a cell hook is running: a notice printed now would stand under an unrelated cell."""

    def started(self, run: RunView) -> None:
        """Follow *run*, and show it unless its settings or the user's `%config` disable that."""
        with guard("showing the run"):
            session_of(run).set_cell(self._cell)
            panel = self._add_panel(run)
            is_visible = panel is not None and self._is_shown(run)
            if panel is not None and is_visible:
                self._layout.add_start(panel)
                self._arm(panel)
                self._request_widget(panel)
            is_worth_a_line = session_of(run).identity.rerun_note or _lacks_key(run)
            if not run.settings.silent and (is_worth_a_line or not is_visible):
                _print(lines.start_line(run))

    def finished(self, run: RunView) -> None:
        """Leave the run's final picture, and one line in the cell that ended it.

        The line is omitted where the picture is enough: in its own cell, for a run that was not sent.
        """
        panel = self._panels.pop(run.id, None)
        if panel is not None:
            self._ended[run.id] = run
            self._runs_by_file[panel.live_run.file] = panel.live_run
            with guard("showing the end of the run"):
                self._close(panel)
        with guard("reporting the end of the run"):
            if not run.settings.silent and (panel is None or not self._layout.is_here(panel) or run.outcome):
                _print(lines.end_lines(run, quiet=True))

    def show(self, run: RunView) -> None:
        """Show *run* in the running cell."""
        panel = self._panels.get(run.id) or self._layout.panel_here(run.id)
        if panel is None and run.file is None:
            _print(lines.status_lines(run))
            return
        if panel is None and run.file is not None:  # the run has ended: its picture is final
            panel = Panel(run, LiveRun(run, run.file))
        if panel is not None:
            self._layout.add_view(panel)
            self._request_widget(panel)

    def widget(self, run: RunView, selected: Iterable[str]) -> Any:
        """Return a new widget of *run*, which follows it while it is active."""
        if run.file is None:
            return create_widget(run, None, selected)
        panel = self._panels.get(run.id)
        if panel is None and run.state == "running":  # the extension was loaded again
            panel = self._add_panel(run)
        return create_widget(run, panel.live_run if panel is not None else self._shared_run(run, run.file), selected)

    def notice(self, text: str, key: str | None = None) -> None:
        """Print one line under the running cell."""
        presenter = self._stdout if key in STDOUT_NOTICES else self._stderr
        presenter.notice(text, key)

    def can_print(self) -> bool:
        """Return whether this is the main thread within a cell; notices of threads and hooks wait."""
        return not self.in_hook and threading.current_thread() is threading.main_thread()

    def cell_started(self, number: int, source: str) -> None:
        """Mark the rows to come as those of cell *number*; the first one brings the panel, or the way to it."""
        self._cell = number
        self._layout.cell_started(self._cell_ref(source))
        for panel in list(self._panels.values()):
            session_of(panel.run).stop_handler.withdraw()
            panel.live_run.postpone_snapshot()
            session_of(panel.run).set_cell(number)
            self._arm(panel)

    def cell_ended(self, exit_code: int) -> None:
        """Refresh the outputs whose runs have changed, or whose cell has ended with another *exit_code* than 0.

        Where a person runs the cells, the kernel is idle afterwards, and the push thread renders then. A program such
        as nbclient may take no more outputs after the cell.
        """
        for panel in list(self._panels.values()):
            session_of(panel.run).call_after_next_row(None)
            session_of(panel.run).stop_handler.withdraw()
        self._layout.cell_ended(failed=bool(exit_code), later=_has_user(self._shell))

    def clear(self) -> None:
        """Stop showing all runs, which stay active. Takes no lock, so that a forked child may call it."""
        for panel in self._panels.values():
            session_of(panel.run).call_after_next_row(None)
        self._panels = {}
        self._layout.close()

    def live_run(self, run_id: str) -> LiveRun | None:
        """Return the shown run with that id, also one that has ended: pages may still ask for its rows and files."""
        panel = self._panels.get(run_id)
        if panel is not None:
            return panel.live_run
        run = self._ended.get(run_id)
        return self._shared_run(run, run.file) if run is not None and run.file is not None else None

    def republish(self, display_ids: Collection[str]) -> None:
        """Publish the outputs with these ids again, for a page that was loaded after them."""
        self._layout.republish(display_ids)

    def _shared_run(self, run: RunView, file: Path) -> LiveRun:
        """Return what is read of *file* for all who hold it; an ended run is read again once nobody does."""
        live_run = self._runs_by_file.get(file)
        if live_run is None:
            live_run = self._runs_by_file[file] = LiveRun(run, file)
        return live_run

    def _add_panel(self, run: RunView) -> Panel | None:
        """Return the run's new panel; None for a disabled run, which has nothing to show."""
        if run.file is None:
            return None
        live_run = LiveRun(run, run.file)
        panel = self._panels[run.id] = Panel(run, live_run)
        live_run.take_snapshot = partial(self._layout.refresh, panel)
        self._push_thread.add(live_run)
        return panel

    def _is_shown(self, run: RunView) -> bool:
        """Return whether *run* is shown without being asked for: by its settings, else by `%config`."""
        if run.settings.silent:
            return False
        if run.settings.display is None:
            return self._display_enabled() and not run.settings.quiet
        return run.settings.display

    def _cell_ref(self, source: str) -> CellRef:
        """Return the running cell. Where a page gives cells no ids, a person's cell is recognised by its *source*."""
        return CellRef(self._cell, host.cell_id() or (source if _has_user(self._shell) else None))

    def _arm(self, panel: Panel) -> None:
        """Have the next row of the run shown in the running cell."""
        if self._is_shown(panel.run):
            session_of(panel.run).call_after_next_row(partial(self._row_logged, panel))

    def _rearm(self) -> None:
        """Have the next row of each run restore what was removed."""
        for panel in list(self._panels.values()):
            self._arm(panel)

    def _row_logged(self, panel: Panel) -> None:
        """Show that the running cell logs; called from `log()`."""
        with guard("showing the run"):
            self._layout.add_row(panel)
            self._request_widget(panel)
            if self._layout.has_removed:
                self._arm(panel)

    def _close(self, panel: Panel) -> None:
        self._push_thread.remove(panel.run.id)
        session_of(panel.run).call_after_next_row(None)
        panel.close(partial(self._layout.refresh, panel))
        panel.live_run.notify_observers()

    def _request_widget(self, panel: Panel) -> None:
        """Create the run's widget, once, if a page can show it; later and in a thread: its packages load slowly."""
        if panel.widget_requested or not self._layout.is_shown_alone(panel) or not _has_page(self._shell):
            return
        panel.widget_requested = True
        timer = threading.Timer(WIDGET_DELAY_SECONDS, self._add_widget, (panel,))
        timer.name, timer.daemon = "wandb-nb-widget", True
        timer.start()

    def _add_widget(self, panel: Panel) -> None:
        with guard("making the widget"):
            from wandb_nb.notebook.panel.widget import (  # anywidget and ipywidgets take longer to load than init() may
                make_widget,
                output_metadata,
            )

            widget = make_widget(panel.live_run)
            if widget is not None and panel.set_widget(widget, output_metadata(widget)):
                self._layout.refresh(panel)


def _print(text: str) -> None:
    print(fitting(text))  # noqa: T201 -- on stdout, since pages show stderr as an alarm


def _lacks_key(run: RunView) -> bool:
    """Return whether the run is not sent although its user asked for that in this program."""
    return run.mode == "offline" and run.settings.mode == "online" and run.settings.is_explicit("mode")


def _running_source(shell: Any) -> str:
    return "".join(map(str, shell.history_manager.input_hist_raw[-1:]))


def _has_user(shell: Any) -> bool:
    """Return whether a person runs the cells: then a cell may ask for input, which programs such as nbclient refuse."""
    get_parent = getattr(shell, "get_parent", None)
    parent = get_parent() if get_parent is not None else None
    return bool(parent and parent.get("content", {}).get("allow_stdin"))


def _has_page(shell: Any) -> bool:
    """Return whether a page runs the cells: pages send metadata with each cell, such as its id; nbclient sends none.

    Colab and VS Code may send no metadata, but let a cell ask for input, which nbclient does not.
    nbclient stores the state of every widget in the notebook's metadata, 300 kB of JavaScript for ours, which nobody
    would see.
    """
    get_parent = getattr(shell, "get_parent", None)
    parent = get_parent() if get_parent is not None else None
    if not parent or not host.in_notebook():
        return False
    allows_input = host.kind() in ("colab", "vscode") and parent.get("content", {}).get("allow_stdin")
    return bool(parent.get("metadata") or allows_input)
