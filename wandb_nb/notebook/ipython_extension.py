"""Attaches the tracker to an IPython shell and detaches it: magics, hooks, completion, presenter, comm target.

The attachment is stored on the shell, not in this module. `%reload_ext` and `importlib.reload` therefore find it, and
nothing is ever registered twice.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
from typing import TYPE_CHECKING, Any

from wandb_nb import host
from wandb_nb.notebook.cell_hooks import CellHooks
from wandb_nb.notebook.cell_recorder import CellRecorder
from wandb_nb.notebook.execution_count import running_cell
from wandb_nb.notebook.magics.cell_magic import replace_first_line
from wandb_nb.notebook.magics.completion import wandb_matcher
from wandb_nb.notebook.magics.wandb_magics import WandbMagics
from wandb_nb.notebook.panel.notebook_presenter import NotebookPresenter
from wandb_nb.notebook.panel.push_thread import PushThread
from wandb_nb.notebook.stop_report import StopReport
from wandb_nb.tracking.terminal.presenter import TerminalPresenter, set_presenter

if TYPE_CHECKING:
    from wandb_nb.tracking.terminal.presenter import Presenter

ATTRIBUTE = "_wandb_nb"
NAME = "wandb"


def load_ipython_extension(shell: Any) -> None:
    """Serve `%load_ext wandb_nb`: add magics and hooks, and bind the name `wandb` to this package.

    A `wandb` that the user has defined already is left alone, and one line says so.
    """
    attach(shell)
    package = sys.modules["wandb_nb"]
    current = shell.user_ns.get(NAME, package)
    if getattr(current, "__name__", None) == "wandb_nb":
        shell.push({NAME: package}, interactive=False)
    else:
        print(f"{NAME} keeps its value in this notebook; to use the tracker, import wandb_nb")  # noqa: T201 -- once


def unload_ipython_extension(shell: Any) -> None:
    """Remove magics, hooks and views from the shell; runs stay active, and the name `wandb` stays."""
    detach(shell)


def attach(shell: Any | None = None) -> None:
    """Attach the tracker to *shell*, by default the running one, unless it is attached already.

    Without IPython it attaches to marimo if that is running, else it does nothing, as in a forked child, whose shell is
    its parent's.
    """
    shell = shell or host.shell()
    if shell is None:
        from wandb_nb.notebook import marimo  # only without IPython

        marimo.attach()
        return
    attachment = getattr(shell, ATTRIBUTE, None)
    if isinstance(attachment, Attachment):
        return
    if attachment is not None:  # by an older copy of this module
        attachment.remove()
    setattr(shell, ATTRIBUTE, Attachment(shell))


def detach(shell: Any) -> None:
    """Remove the tracker from *shell*; does nothing if it is not attached."""
    attachment = getattr(shell, ATTRIBUTE, None)
    if attachment is not None:
        delattr(shell, ATTRIBUTE)
        attachment.remove()


class Attachment:
    """Everything that this package adds to one shell, in the order in which it is added."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._push_thread = PushThread()
        self._magics = WandbMagics(shell)
        shell.register_magics(self._magics)
        self.presenter = NotebookPresenter(shell, self._push_thread, lambda: bool(self._magics.display))
        self._recorder = CellRecorder(shell, running_cell(shell)) if host.in_notebook() else None
        self.hooks = CellHooks(shell, self.presenter, self._magics.cell_run, self._recorder)
        self.hooks.register()
        self._stop_report = StopReport(shell)
        shell.input_transformers_cleanup.append(replace_first_line)
        self._matchers = getattr(getattr(shell, "Completer", None), "custom_matchers", [])
        self._matchers.append(wandb_matcher)
        self._previous_presenter: Presenter | None = self._set_presenter() if host.in_notebook() else None
        atexit.register(self._push_thread.close)

    def remove(self) -> None:
        """Remove everything again."""
        self.hooks.unregister()
        self._stop_report.remove()
        if self._recorder is not None:
            self._recorder.remove()
        self.presenter.clear()
        self._push_thread.close()
        atexit.unregister(self._push_thread.close)
        for registered, entry in (
            (self._shell.input_transformers_cleanup, replace_first_line),
            (self._matchers, wandb_matcher),
        ):
            with contextlib.suppress(ValueError):  # somebody else removed it
                registered.remove(entry)
        self._remove_magics()
        if self._previous_presenter is not None:
            set_presenter(self._previous_presenter)
            self._set_comm_target(None)

    def reset_in_child(self) -> None:
        """Drop, in a forked child, what belongs to the parent's notebook: its outputs, its thread, its locks."""
        self.presenter.clear()
        if self._recorder is not None:
            self._recorder.session.detach()
        if self._previous_presenter is not None:
            set_presenter(TerminalPresenter())

    def _set_presenter(self) -> Presenter:
        self._set_comm_target(self.presenter)
        return set_presenter(self.presenter)

    def _set_comm_target(self, presenter: NotebookPresenter | None) -> None:
        """Accept comms of pages for *presenter*, or refuse them; some kernels have no comms."""
        from wandb_nb.notebook.panel.widget import register_target, unregister_target

        if not hasattr(getattr(self._shell, "kernel", None), "comm_manager"):
            return
        if presenter is None:
            unregister_target(self._shell)
        else:
            register_target(self._shell, presenter.live_run, presenter.republish)

    def _remove_magics(self) -> None:
        manager = self._shell.magics_manager
        for kind in ("line", "cell"):
            manager.magics[kind].pop(NAME, None)
        manager.registry.pop(type(self._magics).__name__, None)
        with contextlib.suppress(ValueError):
            self._shell.configurables.remove(self._magics)


def _after_fork_in_child() -> None:
    attachment = getattr(host.shell(), ATTRIBUTE, None)
    if isinstance(attachment, Attachment):
        attachment.reset_in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
