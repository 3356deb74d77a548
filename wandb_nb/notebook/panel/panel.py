"""The panel of a run: one live output that follows the cell that logs, and what it leaves behind."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

from wandb_nb import host
from wandb_nb.notebook.panel.output_publisher import PanelOutput
from wandb_nb.tracking.live_header import live_header
from wandb_nb.tracking.run_view import session_of
from wandb_nb.view import line_bundle
from wandb_nb.view.message.header_fields import MIME

if TYPE_CHECKING:
    from wandb_nb.notebook.panel.live_run import LiveRun
    from wandb_nb.notebook.panel.output_publisher import OutputPublisher
    from wandb_nb.tracking.run_view import RunView
    from wandb_nb.view.message.run_message import Access

MOVE_SNAPSHOT_SECONDS = 0.25
"""How long the picture of a panel that has moved may wait: a short cell ends meanwhile, undisturbed."""


class Panel:
    """The live output of one run, under one cell at a time.

    When another cell logs, the panel moves there. The output it leaves keeps a picture if it held a chart, else one
    line that names the cell with the charts. The output before that shrinks to its line too, so that a notebook holds
    one snapshot and one picture of a run, whatever its number of cells. Thread-safe.

    Rendering takes a while. It happens under `_render_lock`, never under `_output_lock`, for which `log()` may wait.
    """

    def __init__(self, run: RunView, live_run: LiveRun, publisher: OutputPublisher) -> None:
        self.run = run
        self.live_run = live_run
        self.widget_requested = False
        self._publisher = publisher
        self._widget: Any | None = None
        self._metadata: dict[str, Any] = {}
        entry = session_of(run).entry
        token = entry.token if entry is not None else ""
        self._access: Access = {"id": run.id, "token": token, "kernel": host.kernel_id()}
        self._current: PanelOutput | None = None
        self._superseded: list[PanelOutput] = []
        self._picture_output: PanelOutput | None = None
        self._output_count = 0
        self._rendered_version = -1
        self._output_lock = threading.Lock()
        self._render_lock = threading.RLock()
        live_run.take_snapshot = self.refresh

    @property
    def cell(self) -> int | None:
        """The number of the cell that holds the panel; None while no cell does."""
        return self._current.cell if self._current is not None else None

    @property
    def outdated(self) -> bool:
        """Whether the run has changed since the panel was rendered."""
        return self._current is not None and (
            self._rendered_version != session_of(self.run).version or bool(self._superseded)
        )

    def show(self, cell: int | None) -> None:
        """Show the run as it is now in the running cell, number *cell*."""
        with self._render_lock:
            self._rendered_version = session_of(self.run).version
            bundle, has_chart = self._snapshot()
            self._open_output(cell, bundle, has_chart=has_chart)
            self._mark_superseded(bundle)

    def move(self, cell: int | None) -> None:
        """Move to the running cell without rendering a picture, since `log()` waits for this.

        A view that reads the file draws immediately. The push thread renders the picture for other pages, and for the
        output that was left.
        """
        self._open_output(cell, self._header_bundle(), has_chart=False)
        self.live_run.request_snapshot(MOVE_SNAPSHOT_SECONDS)

    def refresh(self) -> None:
        """Replace the panel's output by a new snapshot."""
        with self._render_lock:
            if self._current is None:
                return
            self._rendered_version = session_of(self.run).version
            bundle, has_chart = self._snapshot()
            with self._output_lock:  # the panel may have moved meanwhile
                self._current.has_chart = has_chart
                self._publisher.update(bundle, self._current.display_id, self._metadata)
            self.live_run.send_to_pending()
            self._mark_superseded(bundle)

    def set_widget(self, widget: Any | None, metadata: dict[str, Any]) -> None:
        """Show the run through *widget* too, for pages without our extension; None if it was not built.

        *metadata* is the metadata of outputs that hold the widget.
        """
        with self._render_lock:
            if widget is not None and self.live_run.take_snapshot is None:  # the run ended meanwhile
                _close_widget(widget)
            elif widget is not None:
                self._widget, self._metadata = widget, metadata
                self.refresh()

    def close(self) -> None:
        """Send the last rows, leave the final picture, and close the widget.

        A saved notebook must not refer to a widget: no later kernel has it, and pages then show an error in place of
        the picture.
        """
        with self._render_lock:
            self.live_run.take_snapshot = None
            self.live_run.push()
            widget, self._widget, self._metadata = self._widget, None, {}
            self.refresh()
            if widget is not None:
                _close_widget(widget)

    @property
    def _widget_view(self) -> dict[str, Any] | None:
        if self._widget is None:
            return None
        return {"version_major": 2, "version_minor": 0, "model_id": self._widget.model_id}

    def _snapshot(self) -> tuple[dict[str, Any], bool]:
        """Return the bundle of the run as it is now, and whether it holds a chart."""
        with self.live_run.lock:
            self.live_run.schedule_next_snapshot()
            self.live_run.read_to_end()
            if not self.live_run.row_count:
                header = self.live_run.stream.run_header()
                return line_bundle.header_bundle(header, self._access, self._widget_view), False
            from wandb_nb.view.run_bundle import bundle  # numpy and Pillow take long to load

            return bundle(self.live_run.stream, self._access, self._widget_view), True

    def _header_bundle(self) -> dict[str, Any]:
        """Return the run's line, and what a view needs to draw the run itself. Reads no file."""
        return line_bundle.header_bundle(live_header(self.run), self._access, self._widget_view)

    def _open_output(self, cell: int | None, bundle: dict[str, Any], *, has_chart: bool) -> None:
        """Show *bundle* in a new output, which supersedes the current one."""
        with self._output_lock:
            self._output_count += 1
            output = PanelOutput(f"wandb-nb-{self.run.id}-{self._output_count}", cell, has_chart)
            self._publisher.display(bundle, output.display_id, self._metadata)
            if self._current is not None:
                self._superseded.append(self._current)
            self._current = output

    def _mark_superseded(self, bundle: dict[str, Any]) -> None:
        """Give the outputs that the panel left their final content: the last one a picture, the others one line."""
        with self._output_lock:
            superseded, self._superseded = self._superseded, []
            if not superseded or self._current is None:
                return
            note = f"charts under cell [{self._current.cell}]" if self._current.cell is not None else "charts below"
            line = line_bundle.line_bundle(bundle[MIME]["run"], note)
            *earlier, last = superseded
            for output in [self._picture_output, *earlier] if self._picture_output else earlier:
                self._publisher.update(line, output.display_id)
            self._picture_output = last if last.has_chart and "image/png" in bundle else None
            picture = {"image/png": bundle.get("image/png"), "text/plain": f"{bundle['text/plain']}\n{note}"}
            self._publisher.update(picture if self._picture_output else line, last.display_id)


def _close_widget(widget: Any) -> None:
    """Close *widget* and the layout that every widget has."""
    layout = widget.layout
    widget.close()
    layout.close()
