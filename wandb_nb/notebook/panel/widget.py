"""Views that talk to the kernel: the anywidget of a run, and comms that our JupyterLab plugin opens.

Both speak the messages of docs/design.md. Messages from a page arrive on a subshell's thread, so a view is answered,
and a training stopped, while a cell runs.
"""

from __future__ import annotations

import os
import signal
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wandb_nb import host
from wandb_nb.notebook.guard import guard
from wandb_nb.notebook.panel.push_thread import reply
from wandb_nb.store.format.layout import RunDir
from wandb_nb.view.message import plain

if TYPE_CHECKING:
    from collections.abc import Callable

    from wandb_nb.notebook.panel.push_thread import LiveRun
    from wandb_nb.view.message import Message

SCRIPT = Path(__file__).parents[2] / "static" / "widget.js"
TARGET = "wandb_nb.view"
PATIENCE_SECONDS = 2.0


def make(followed: LiveRun) -> Any | None:
    """Return the widget of a run, or None where its JavaScript was not built."""
    if not SCRIPT.exists():
        return None
    import anywidget
    import traitlets

    class RunWidget(anywidget.AnyWidget):
        """The view of one run over a widget's comm; its state is the run's id alone."""

        _esm = SCRIPT
        run_id = traitlets.Unicode().tag(sync=True)

    widget = RunWidget(run_id=followed.run.id)
    answer_while_busy(widget.comm)
    viewer = WidgetViewer(widget, followed)
    widget.on_msg(lambda _widget, content, _buffers: viewer.receive(content))
    if host.page_waits_for_cells():
        followed.expect(viewer)
    return widget


def page_facts(widget: Any) -> dict[str, Any]:
    """Return the output metadata with which a page finds the JavaScript of *widget*; only Colab asks for some."""
    made = widget._repr_mimebundle_()
    return dict(made[1]) if isinstance(made, tuple) else {}


def answer_while_busy(comm: Any) -> None:
    """Let the page's messages reach their subshell although the main shell sent first.

    ipykernel 7 sends a page's messages to the shell from which its comm last sent. That is a private method there;
    without it, or with another ipykernel, messages wait for the cell's end, and Stop goes over HTTP.
    """
    if hasattr(comm, "_reply_subshell_for"):
        comm._reply_subshell_for = lambda _data, default: default  # noqa: SLF001  see above


class WidgetViewer:
    """One widget as a viewer: pulls are answered, and new rows pushed."""

    def __init__(self, widget: Any, followed: LiveRun) -> None:
        self._widget = widget
        self._followed = followed

    def send(self, message: Message) -> None:
        """Send *message* to all views of the widget."""
        self._answer(reply(message), message.blob)

    def receive(self, content: Any) -> None:
        """Handle a message from the page."""
        with guard("answering the view"):
            _handle(content, self._followed, lambda cursor: self._followed.pull(self, cursor), self._answer)

    def _answer(self, content: dict[str, Any], blob: bytes) -> None:
        self._widget.send(content, buffers=[blob])


class CommViewer:
    """One comm opened by a page: it asks, and is answered within the handler; nothing is pushed to it.

    Pushing from the feed's thread would bind the comm to the main shell (see `answer_while_busy`).
    """

    def __init__(self, comm: Any, followed: LiveRun) -> None:
        self._comm = comm
        self._followed = followed
        comm.on_msg(self.receive)

    def send(self, message: Message) -> None:
        """Send *message* to the page."""
        self._answer(reply(message), message.blob)

    def receive(self, received: dict[str, Any]) -> None:
        """Handle a message from the page."""
        with guard("answering the view"):
            _handle(received["content"]["data"], self._followed, self._pull, self._answer)

    def _answer(self, content: dict[str, Any], blob: bytes) -> None:
        self._comm.send(data=content, buffers=[blob])

    def _pull(self, cursor: str) -> None:
        with self._followed.lock:
            self._followed.pull(self, cursor)
            self._followed.leave(self)


def register_target(shell: Any, find: Callable[[str], LiveRun | None]) -> None:
    """Accept comms for `wandb_nb.view`; *find* returns the shown run that the page names in `data.id`."""

    def opened(comm: Any, message: dict[str, Any]) -> None:
        with guard("opening a view"):
            followed = find(str(message["content"]["data"].get("id", "")))
            if followed is None:
                comm.close()
            else:
                CommViewer(comm, followed)

    shell.kernel.comm_manager.register_target(TARGET, opened)


def unregister_target(shell: Any) -> None:
    """Accept no more comms."""
    shell.kernel.comm_manager.targets.pop(TARGET, None)


def _handle(
    content: Any, followed: LiveRun, pull: Callable[[str], None], answer: Callable[[dict[str, Any], bytes], None]
) -> None:
    kind = content.get("type") if isinstance(content, dict) else None
    if kind == "pull":
        pull(str(content.get("cursor") or ""))
    elif kind == "ghosts" and followed.run.entry is not None:
        from wandb_nb.compare.run_choice import ghosts  # only where somebody asks for them

        found = ghosts(followed.run.entry)
        answer({"type": "ghosts", "header": plain(found.header)}, found.blob)
    elif kind == "stop":
        stop(followed, force=bool(content.get("force")))


def stop(followed: LiveRun, *, force: bool) -> None:
    """Ask the training loop to end; with *force*, or when it does not see that within 2 s, interrupt the cell."""
    stop_file = RunDir.open(followed.file).stop_file
    stop_file.parent.mkdir(parents=True, exist_ok=True)
    stop_file.touch()
    if force:
        interrupt()
        return

    def insist() -> None:
        if stop_file.exists():
            interrupt()

    timer = threading.Timer(PATIENCE_SECONDS, insist)
    timer.daemon = True
    timer.start()


def interrupt() -> None:
    """Interrupt the main thread as the interrupt button does; an idle kernel ignores it."""
    if os.name == "posix":
        os.kill(os.getpid(), signal.SIGINT)  # unlike interrupt_main() it also ends a sleep
    else:
        import _thread

        _thread.interrupt_main()
