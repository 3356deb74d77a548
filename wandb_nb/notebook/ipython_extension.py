"""Coming into an IPython shell and leaving it: magics, hooks, completion, the presenter, the comm target.

What is attached to a shell hangs on that shell, not on this module, so `%reload_ext` and `importlib.reload` find it and
nothing is ever registered twice.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import sys
from typing import TYPE_CHECKING, Any

from wandb_nb import host
from wandb_nb.notebook import marimo
from wandb_nb.notebook.cell_hooks import CellHooks
from wandb_nb.notebook.cell_recorder import CellRecorder
from wandb_nb.notebook.execution_count import running_cell
from wandb_nb.notebook.magics.cell_magic import begin_run_in_place
from wandb_nb.notebook.magics.completion import wandb_matcher
from wandb_nb.notebook.magics.wandb_magics import WandbMagics
from wandb_nb.notebook.panel.notebook_presenter import NotebookPresenter
from wandb_nb.notebook.panel.push_thread import PushThread
from wandb_nb.tracking.terminal.presenter import TerminalPresenter, set_presenter

if TYPE_CHECKING:
    from wandb_nb.tracking.terminal.presenter import Presenter

ATTRIBUTE = "_wandb_nb"
NAME = "wandb"


def load_ipython_extension(shell: Any) -> None:
    """Do what `%load_ext wandb_nb` is for: magics and hooks, and the name `wandb` for this package.

    A `wandb` that the user has already is left alone, with one line that says so.
    """
    attach(shell)
    package = sys.modules["wandb_nb"]
    mine = shell.user_ns.get(NAME, package)
    if getattr(mine, "__name__", None) == "wandb_nb":
        shell.push({NAME: package}, interactive=False)
    else:
        print(f"{NAME} keeps its value in this notebook; the tracker is there by import wandb_nb")  # noqa: T201


def unload_ipython_extension(shell: Any) -> None:
    """Take magics, hooks and views out of the shell; runs go on, and the name `wandb` stays."""
    detach(shell)


def attach(shell: Any | None = None) -> None:
    """Make sure that *shell*, by default the running one, has all of ours, once.

    Where no IPython runs marimo may; else this does nothing, as in a forked child, whose shell is its parent's.
    """
    shell = shell or host.shell()
    if shell is None:
        marimo.attach()
        return
    attached = getattr(shell, ATTRIBUTE, None)
    if isinstance(attached, Attachment):
        return
    if attached is not None:  # by an older copy of this module
        attached.remove()
    setattr(shell, ATTRIBUTE, Attachment(shell))


def detach(shell: Any) -> None:
    """Take everything of ours out of *shell*; harmless when nothing is there."""
    attached = getattr(shell, ATTRIBUTE, None)
    if attached is not None:
        delattr(shell, ATTRIBUTE)
        attached.remove()


class Attachment:
    """All that this package puts into one shell, in the order in which it is put there."""

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._feed = PushThread()
        self._magics = WandbMagics(shell)
        shell.register_magics(self._magics)
        self.presenter = NotebookPresenter(shell, self._feed, self._magics)
        self._recorder = CellRecorder(shell, running_cell(shell)) if host.in_notebook() else None
        self.hooks = self._magics.hooks = CellHooks(shell, self.presenter, self._recorder)
        self.hooks.register()
        shell.input_transformers_cleanup.append(begin_run_in_place)
        self._matchers = getattr(getattr(shell, "Completer", None), "custom_matchers", [])
        self._matchers.append(wandb_matcher)
        self._before: Presenter | None = self._present() if host.in_notebook() else None
        atexit.register(self._feed.close)

    def remove(self) -> None:
        """Take everything out again."""
        self.hooks.unregister()
        if self._recorder is not None:
            self._recorder.remove()
        self.presenter.forget_all()
        self._feed.close()
        atexit.unregister(self._feed.close)
        for among, ours in (
            (self._shell.input_transformers_cleanup, begin_run_in_place),
            (self._matchers, wandb_matcher),
        ):
            with contextlib.suppress(ValueError):  # somebody else took it out
                among.remove(ours)
        self._remove_magics()
        if self._before is not None:
            set_presenter(self._before)
            self._target(None)

    def leave_in_child(self) -> None:
        """Forget, in a forked child, what belongs to the parent's notebook: its outputs, its thread, its locks."""
        self.presenter.forget_all()
        if self._recorder is not None:
            self._recorder.session.forget()
        if self._before is not None:
            set_presenter(TerminalPresenter())

    def _present(self) -> Presenter:
        self._target(self.presenter)
        return set_presenter(self.presenter)

    def _target(self, presenter: NotebookPresenter | None) -> None:
        """Accept or refuse comms of pages; some kernels have no comms."""
        from wandb_nb.notebook.panel.widget import register_target, unregister_target

        if not hasattr(getattr(self._shell, "kernel", None), "comm_manager"):
            return
        if presenter is None:
            unregister_target(self._shell)
        else:
            register_target(self._shell, presenter.followed)

    def _remove_magics(self) -> None:
        registered = self._shell.magics_manager
        for kind in ("line", "cell"):
            registered.magics[kind].pop(NAME, None)
        registered.registry.pop(type(self._magics).__name__, None)
        with contextlib.suppress(ValueError):
            self._shell.configurables.remove(self._magics)


def _after_fork_in_child() -> None:
    attached = getattr(host.shell(), ATTRIBUTE, None)
    if isinstance(attached, Attachment):
        attached.leave_in_child()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_after_fork_in_child)
