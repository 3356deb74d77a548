"""A run that this kernel shows: how to find it again, its widget, and the bundles of outputs that show it alone."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb import host
from wandb_nb.tracking.live_header import live_header
from wandb_nb.tracking.run_view import session_of
from wandb_nb.view import line_bundle

if TYPE_CHECKING:
    from collections.abc import Callable

    from wandb_nb.notebook.panel.live_run import LiveRun
    from wandb_nb.tracking.run_view import RunView
    from wandb_nb.view.message.run_message import Access, Message, RunHeader


class Panel:
    """One shown run. Thread-safe, except that rendering is for one thread at a time."""

    def __init__(self, run: RunView, live_run: LiveRun) -> None:
        self.run = run
        self.live_run = live_run
        self.widget_requested = False
        self.metadata: dict[str, Any] = {}
        """The metadata of outputs that hold the widget."""
        entry = session_of(run).entry
        token = entry.token if entry is not None else ""
        self.access: Access = {"id": run.id, "token": token, "kernel": host.kernel_id()}
        self._widget: Any | None = None

    @property
    def is_open(self) -> bool:
        """Whether the run may change."""
        return self.live_run.take_snapshot is not None

    @property
    def version(self) -> int:
        """A number that grows with every change of the run."""
        return session_of(self.run).version

    @property
    def header(self) -> RunHeader:
        """The header of the run as it is now. Reads no file."""
        return live_header(self.run)

    def header_bundle(self) -> dict[str, Any]:
        """Return the run's line, and what a view needs to draw the run itself. Reads no file."""
        return line_bundle.header_bundle(self.header, self.access, self._widget_view)

    def bundle(self, *, with_media: bool) -> dict[str, Any]:
        """Return the run as it is now: with a picture if it has rows, and *with_media* with small copies of these."""
        with self.live_run.lock:
            self._read()
            if not self.live_run.row_count:
                header = self.live_run.stream.run_header()
                return line_bundle.header_bundle(header, self.access, self._widget_view)
            from wandb_nb.view.run_bundle import bundle  # numpy and Pillow take long to load

            media = self.live_run.saved_media if with_media else None
            return bundle(self.live_run.stream, self.access, self._widget_view, media)

    def message(self, points: int) -> Message:
        """Return the run as it is now, with about *points* points."""
        with self.live_run.lock:
            self._read()
            return self.live_run.stream.snapshot(points)

    def set_widget(self, widget: Any, metadata: dict[str, Any]) -> bool:
        """Show the run through *widget* too, for pages without our extension; return False if the run has ended."""
        with self.live_run.lock:
            if self.is_open:
                self._widget, self.metadata = widget, metadata
                return True
        _close_widget(widget)
        return False

    def close(self, refresh: Callable[[], None]) -> None:
        """Send the last rows, have *refresh* update the outputs without the widget, and close the widget.

        A saved notebook must not refer to a widget: no later kernel has it, and pages then show an error in place of
        the picture.
        """
        with self.live_run.lock:
            self.live_run.take_snapshot = None
            self.live_run.push()
            widget, self._widget, self.metadata = self._widget, None, {}
        refresh()
        if widget is not None:
            _close_widget(widget)

    @property
    def _widget_view(self) -> dict[str, Any] | None:
        if self._widget is None:
            return None
        return {"version_major": 2, "version_minor": 0, "model_id": self._widget.model_id}

    def _read(self) -> None:
        self.live_run.schedule_next_snapshot()
        self.live_run.read_to_end()


def _close_widget(widget: Any) -> None:
    """Close *widget* and the layout that every widget has."""
    layout = widget.layout
    widget.close()
    layout.close()
