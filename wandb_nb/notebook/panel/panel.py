"""Where a run is shown: one live output that follows the logging cell, and what it leaves behind."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wandb_nb import host
from wandb_nb.store.format.layout import RunDir
from wandb_nb.view import run_bundle as bundles
from wandb_nb.view.message import MIME, pack
from wandb_nb.view.run_header import empty_header

if TYPE_CHECKING:
    from wandb_nb.notebook.panel.push_thread import LiveRun
    from wandb_nb.tracking.run import Run
    from wandb_nb.view.message import Access, Message, RunHeader

WIDGET = "application/vnd.jupyter.widget-view+json"


@dataclass
class PanelOutput:
    """One output in the notebook: its display id, its cell's number, and whether it held a chart when left."""

    display_id: str
    cell: int | None
    drawn: bool = False


class OutputPublisher:
    """The outputs of one IPython shell.

    Updates go to the publisher that was there at the start, so that `%%capture` in a cell never swallows the picture of
    a panel elsewhere; first displays go where the cell's output goes.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._publisher = shell.display_pub

    def display(self, bundle: dict[str, Any], display_id: str, facts: dict[str, Any]) -> None:
        """Add an output to the running cell; *facts* are its metadata."""
        self._shell.display_pub.publish(data=bundle, metadata=facts, transient={"display_id": display_id})

    def update(self, bundle: dict[str, Any], display_id: str, facts: dict[str, Any] | None = None) -> None:
        """Replace the output *display_id*, wherever it is."""
        self._publisher.publish(data=bundle, metadata=facts or {}, transient={"display_id": display_id}, update=True)


class Panel:
    """The live output of one run, in one place at a time.

    When another cell logs, the panel moves there. A place it leaves keeps a picture if it held a chart, else one line
    that tells where the charts are; the place before that shrinks to its line too, so that a notebook holds one
    snapshot and one picture of a run, whatever its number of cells. Thread-safe.

    Pictures take a while: they are made under `_making`, never under `_lock`, which `log()` may have to wait for.
    """

    def __init__(self, run: Run, followed: LiveRun, screen: OutputPublisher) -> None:
        self.run = run
        self.followed = followed
        self.widget_asked = False
        self._widget: Any | None = None
        self._facts: dict[str, Any] = {}
        self._screen = screen
        token = run.entry.token if run.entry is not None else ""
        self._access: Access = {"id": run.id, "token": token, "kernel": host.kernel_id()}
        self._now: PanelOutput | None = None
        self._leaving: list[PanelOutput] = []
        self._pictured: PanelOutput | None = None
        self._shown = 0
        self._version = -1
        self._stop_file = RunDir.open(followed.file).stop_file
        self._lock = threading.Lock()
        self._making = threading.RLock()
        followed.snapshot = self.refresh

    @property
    def cell(self) -> int | None:
        """The number of the cell that holds the panel; None while it is nowhere."""
        return self._now.cell if self._now is not None else None

    @property
    def behind(self) -> bool:
        """Whether the run has changed since the panel's place was filled."""
        return self._now is not None and (self._version != self.run.version or bool(self._leaving))

    def show(self, cell: int | None) -> None:
        """Show the run as it stands in the running cell, number *cell*."""
        with self._making:
            self._version = self.run.version
            bundle, drawn = self._snapshot()
            self._enter(cell, bundle, drawn=drawn)
            self._settle(bundle)

    def move(self, cell: int | None) -> None:
        """Go to the running cell without making a picture, in a moment, since `log()` waits for it.

        A view that reads the file draws at once; the feed makes pictures for the others, and for the place left.
        """
        self._enter(cell, self._head(), drawn=False)
        self.followed.snapshot_soon()

    def refresh(self) -> None:
        """Put a new snapshot in the panel's place."""
        with self._making:
            if self._now is None:
                return
            self._version = self.run.version
            bundle, drawn = self._snapshot()
            with self._lock:  # it may have moved meanwhile
                self._now.drawn = drawn
                self._screen.update(bundle, self._now.display_id, self._facts)
            self.followed.tell_waiting()
            self._settle(bundle)

    def adopt(self, widget: Any | None, facts: dict[str, Any]) -> None:
        """Show the run through *widget* too, for pages without our extension; None where it was not built.

        *facts* is the metadata of outputs that hold the widget.
        """
        with self._making:
            if widget is not None and self.followed.snapshot is None:  # the run ended meanwhile
                _let_go(widget)
            elif widget is not None:
                self._widget, self._facts = widget, facts
                self.refresh()

    def end(self) -> None:
        """Send the last rows, leave the last picture, and let the widget go.

        A saved notebook must not refer to a widget that no later kernel knows, since pages then show an error in the
        place of the picture.
        """
        with self._making:
            self.followed.snapshot = None
            self.followed.push()
            widget, self._widget, self._facts = self._widget, None, {}
            self.refresh()
            if widget is not None:
                _let_go(widget)

    @property
    def _widget_view(self) -> dict[str, Any] | None:
        if self._widget is None:
            return None
        return {"version_major": 2, "version_minor": 0, "model_id": self._widget.model_id}

    def _snapshot(self) -> tuple[dict[str, Any], bool]:
        """Return the bundle of the run as it stands, and whether there is a chart in it."""
        with self.followed.lock:
            self.followed.snapshot_taken()
            self.followed.catch_up()
            if not self.followed.rows:
                return self._bundle(self.followed.stream.snapshot(0)), False
            return bundles.bundle(self.followed.stream, self._access, self._widget_view), True

    def _head(self) -> dict[str, Any]:
        """Return the one line, and what a view needs to draw the run by itself; made in a moment, of no file."""
        return self._bundle(pack(empty_header(run_facts(self.run)), []))

    def _bundle(self, message: Message) -> dict[str, Any]:
        """Return the bundle of a run without a chart."""
        live = {WIDGET: self._widget_view} if self._widget_view is not None else {}
        return {MIME: message.to_json(self._access), **live, **bundles.line_bundle(message.header["run"])}

    def _enter(self, cell: int | None, bundle: dict[str, Any], *, drawn: bool) -> None:
        """Show *bundle* in a new place; the one before is left."""
        with self._lock:
            self._shown += 1
            place = PanelOutput(f"wandb-nb-{self.run.id}-{self._shown}", cell, drawn)
            self._screen.display(bundle, place.display_id, self._facts)
            if self._now is not None:
                self._leaving.append(self._now)
            self._now = place

    def _settle(self, bundle: dict[str, Any]) -> None:
        """Leave in the places behind what they keep: the last one its picture, the ones before their line."""
        with self._lock:
            leaving, self._leaving = self._leaving, []
            if not leaving or self._now is None:
                return
            note = f"charts under cell [{self._now.cell}]" if self._now.cell is not None else "charts below"
            *before, last = leaving
            for place in [self._pictured, *before] if self._pictured else before:
                self._screen.update(bundles.line_bundle(bundle[MIME]["run"], note), place.display_id)
            self._pictured = last if last.drawn and "image/png" in bundle else None
            picture = {"image/png": bundle.get("image/png"), "text/plain": f"{bundle['text/plain']}\n{note}"}
            line = bundles.line_bundle(bundle[MIME]["run"], note)
            self._screen.update(picture if self._pictured else line, last.display_id)

    def remove_stop_request(self) -> None:
        """Take back a stop that no loop saw: the cell it was meant for has ended."""
        with contextlib.suppress(OSError):  # mostly there is none
            self._stop_file.unlink()


def _let_go(widget: Any) -> None:
    """Close *widget* and the layout that every widget brings along."""
    layout = widget.layout
    widget.close()
    layout.close()


def run_facts(run: Run) -> RunHeader:
    """Return what a running *run* knows of itself, as its file tells it too."""
    facts: RunHeader = {
        "id": run.id,
        "name": run.name,
        "project": run.project,
        "entity": run.entity or "",
        "group": run.group or "",
        "jobType": run.job_type or "",
        "notes": run.notes or "",
        "tags": list(run.tags),
        "state": "running",
        "exitCode": None,
        "startTime": run.start_time,
        "runtime": run.runtime,
        "rows": run.rows,
        "step": max(run.step - 1, 0),
        "url": run.url,
        "lost": run.lost,
    }
    return facts
