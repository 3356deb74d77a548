"""Views that talk to the kernel: the anywidget of a run, and comms that our JupyterLab extension opens.

Both use the messages of docs/design.md. Messages from a page arrive on the thread of a subshell, so a view is answered
and a training can be stopped while a cell runs.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from wandb_nb import host
from wandb_nb.notebook.guard import guard
from wandb_nb.notebook.panel.stop_request import request_stop
from wandb_nb.tracking.run_view import session_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from wandb_nb.notebook.panel.live_run import LiveRun
    from wandb_nb.view.message.run_message import Message

SCRIPT = Path(__file__).parents[2] / "static" / "widget.js"
COMM_TARGET = "wandb_nb.view"
MAX_COMM_FILE = 64 << 20  # bytes of one media file


def make_widget(live_run: LiveRun) -> Any | None:
    """Return the widget of a run, or None if its JavaScript was not built."""
    if not SCRIPT.exists():
        return None
    import anywidget
    import traitlets

    class RunWidget(anywidget.AnyWidget):
        """The view of one run over a widget's comm; its state is only the run's id."""

        _esm = SCRIPT
        run_id = traitlets.Unicode().tag(sync=True)

    widget = RunWidget(run_id=live_run.run.id)
    answer_while_busy(widget.comm)
    viewer = WidgetViewer(widget, live_run)
    widget.on_msg(lambda _widget, content, _buffers: viewer.receive(content))
    if host.page_waits_for_cells():
        live_run.add_pending(viewer)
    return widget


def output_metadata(widget: Any) -> dict[str, Any]:
    """Return the output metadata with which a page finds the JavaScript of *widget*; only Colab needs any."""
    mime_bundle = widget._repr_mimebundle_()
    return dict(mime_bundle[1]) if isinstance(mime_bundle, tuple) else {}


def answer_while_busy(comm: Any) -> None:
    """Let the page's messages reach their subshell even if the main shell sent first.

    ipykernel 7 sends a page's messages to the shell from which its comm last sent. The method for that is private.
    Without it, or with another ipykernel, messages wait for the end of the cell, and Stop uses HTTP.
    """
    if hasattr(comm, "_reply_subshell_for"):
        comm._reply_subshell_for = lambda _data, default: default  # noqa: SLF001 -- see above


class WidgetViewer:
    """One widget as a viewer: its pulls are answered, and new rows are pushed to it."""

    def __init__(self, widget: Any, live_run: LiveRun) -> None:
        self._widget = widget
        self._live_run = live_run

    def send(self, message: Message) -> None:
        """Send *message* to all views of the widget."""
        self._answer(_content(message), message.blob)

    def receive(self, content: Any) -> None:
        """Handle a message from the page."""
        with guard("answering the view"):
            _handle(content, self._live_run, lambda cursor: self._live_run.pull(self, cursor), self._answer)

    def _answer(self, content: dict[str, Any], blob: bytes) -> None:
        self._widget.send(content, buffers=[blob])


class CommViewer:
    """One comm opened by a page. It is answered within the handler of its message; nothing is pushed to it.

    A push from the push thread would bind the comm to the main shell (see `answer_while_busy`).
    """

    def __init__(self, comm: Any, live_run: LiveRun) -> None:
        self._comm = comm
        self._live_run = live_run
        comm.on_msg(self.receive)

    def send(self, message: Message) -> None:
        """Send *message* to the page."""
        self._answer(_content(message), message.blob)

    def receive(self, received: dict[str, Any]) -> None:
        """Handle a message from the page."""
        with guard("answering the view"):
            _handle(received["content"]["data"], self._live_run, self._pull, self._answer)

    def _answer(self, content: dict[str, Any], blob: bytes) -> None:
        self._comm.send(data=content, buffers=[blob])

    def _pull(self, cursor: str) -> None:
        with self._live_run.lock:
            self._live_run.pull(self, cursor)
            self._live_run.remove_viewer(self)


def register_target(
    shell: Any, find: Callable[[str], LiveRun | None], republish: Callable[[Collection[str]], None]
) -> None:
    """Accept comms for `wandb_nb.view`.

    *find* returns the shown run whose id the page sends in `data.id`. A page that was loaded after the outputs with the
    display ids `data.outputs` gets them again by *republish*.
    """

    def opened(comm: Any, message: dict[str, Any]) -> None:
        with guard("opening a view"):
            data = message["content"]["data"]
            live_run = find(str(data.get("id", "")))
            if live_run is not None:
                CommViewer(comm, live_run)
                return
            comm.close()
            if isinstance(data.get("outputs"), list):
                republish(data["outputs"])

    shell.kernel.comm_manager.register_target(COMM_TARGET, opened)


def unregister_target(shell: Any) -> None:
    """Stop accepting comms."""
    shell.kernel.comm_manager.targets.pop(COMM_TARGET, None)


def _content(message: Message) -> dict[str, Any]:
    """Return the content that carries *message* over a comm; its blob is sent as the only buffer."""
    return {"type": "message", "header": message.header}


def _handle(
    content: Any, live_run: LiveRun, pull: Callable[[str], None], answer: Callable[[dict[str, Any], bytes], None]
) -> None:
    kind = content.get("type") if isinstance(content, dict) else None
    if kind == "pull":
        pull(str(content.get("cursor") or ""))
    elif kind == "range":
        from wandb_nb.view.message.row_range import RangeRequest  # needs numpy

        message = live_run.range(RangeRequest.parse(content.get("range")))
        answer({"type": "range", "number": content.get("number"), "header": message.header}, message.blob)
    elif kind == "file":
        media = live_run.media(str(content.get("path")), MAX_COMM_FILE)
        answer({"type": "file", "number": content.get("number"), "found": media is not None}, media or b"")
    elif kind == "ghosts" and (entry := session_of(live_run.run).entry) is not None:
        from wandb_nb.compare.run_choice import background_runs  # only if a page asks for them
        from wandb_nb.view.message.run_message import plain

        earlier_runs = background_runs(entry)
        answer({"type": "ghosts", "header": plain(earlier_runs.header)}, earlier_runs.blob)
    elif kind == "stop":
        request_stop(live_run, force=bool(content.get("force")))
