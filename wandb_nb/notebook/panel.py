"""Where a run is shown: one live output that follows the logging cell, and what it leaves behind."""

from __future__ import annotations

import contextlib
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wandb_nb import host
from wandb_nb.store.layout import RunDir
from wandb_nb.view import bundle as bundles
from wandb_nb.view.message import MIME

if TYPE_CHECKING:
    from wandb_nb.tracking.run import Run
    from wandb_nb.view.message import Access

    from .feed import Followed

WIDGET = "application/vnd.jupyter.widget-view+json"


@dataclass
class Place:
    """One output in the notebook: its display id, its cell's number, and whether it held a chart when left."""

    display_id: str
    cell: int | None
    drawn: bool = False


class Screen:
    """The outputs of one IPython shell.

    Updates go to the publisher that was there at the start, so that `%%capture` in a cell never swallows the picture of
    a panel elsewhere; first displays go where the cell's output goes.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._publisher = shell.display_pub

    def display(self, bundle: dict[str, Any], display_id: str) -> None:
        """Add an output to the running cell."""
        self._shell.display_pub.publish(data=bundle, metadata={}, transient={"display_id": display_id})

    def update(self, bundle: dict[str, Any], display_id: str) -> None:
        """Replace the output *display_id*, wherever it is."""
        self._publisher.publish(data=bundle, metadata={}, transient={"display_id": display_id}, update=True)


class Panel:
    """The live output of one run, in one place at a time.

    When another cell logs, the panel moves there. A place it leaves keeps a picture if it held a chart, else one line
    that tells where the charts are; the place before that shrinks to its line too, so that a notebook holds one
    snapshot and one picture of a run, whatever its number of cells. Thread-safe.
    """

    def __init__(self, run: Run, followed: Followed, screen: Screen) -> None:
        self.run = run
        self.followed = followed
        self.widget_asked = False
        self._widget: Any | None = None
        self._screen = screen
        token = run.entry.token if run.entry is not None else ""
        self._access: Access = {"id": run.id, "token": token, "kernel": host.kernel_id()}
        self._places: list[Place] = []
        self._shown = 0
        self._stop_file = RunDir.open(followed.file).stop_file
        self._lock = threading.RLock()
        followed.snapshot = self.refresh

    @property
    def cell(self) -> int | None:
        """The number of the cell that holds the panel; None while it is nowhere."""
        return self._places[-1].cell if self._places else None

    @property
    def placed(self) -> bool:
        """Whether the panel is anywhere."""
        return bool(self._places)

    def show(self, cell: int | None, *, whole: bool = True) -> None:
        """Show the run in the running cell, number *cell*.

        With `whole=False` no picture is made: a view that reads the file draws at once, others get theirs from the next
        refresh. This is for `log()`, which must not wait.
        """
        with self._lock:
            self._shown += 1
            place = Place(f"wandb-nb-{self.run.id}-{self._shown}", cell)
            bundle, place.drawn = self._snapshot() if whole else (self._head(), False)
            self._screen.display(bundle, place.display_id)
            self._places.append(place)
            self._step_back()

    def refresh(self) -> None:
        """Put a new snapshot in the panel's place."""
        with self._lock:
            if self._places:
                bundle, self._places[-1].drawn = self._snapshot()
                self._screen.update(bundle, self._places[-1].display_id)

    def adopt(self, widget: Any | None) -> None:
        """Show the run through *widget* too, for pages without our extension; None where it was not built."""
        with self._lock:
            if widget is not None and self.followed.snapshot is None:  # the run ended meanwhile
                _let_go(widget)
            elif widget is not None:
                self._widget = widget
                self.refresh()

    def end(self) -> None:
        """Send the last rows, leave the last picture, and let the widget go.

        A saved notebook must not refer to a widget that no later kernel knows, since pages then show an error in the
        place of the picture.
        """
        with self._lock:
            self.followed.snapshot = None
            self.followed.push()
            widget, self._widget = self._widget, None
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
                return self._head(), False
            return bundles.bundle(self.followed.stream, self._access, self._widget_view), True

    def _head(self) -> dict[str, Any]:
        """Return the one line, and what a view needs to draw the run by itself; made in a moment."""
        with self.followed.lock:
            points = self.followed.stream.snapshot(0).to_json(self._access)
            live = {WIDGET: self._widget_view} if self._widget_view is not None else {}
            return {MIME: points, **live, **bundles.line_bundle(self.followed.stream)}

    def _line(self, note: str) -> dict[str, Any]:
        with self.followed.lock:
            return bundles.line_bundle(self.followed.stream, note)

    def _step_back(self) -> None:
        """Leave the place before the last, and let the one before that shrink to its line."""
        *former, now = self._places
        if not former:
            return
        note = f"charts under cell [{now.cell}]" if now.cell is not None else "charts below"
        for place in former[:-1]:
            self._screen.update(self._line(note), place.display_id)
        left = former[-1]
        self._screen.update(self._picture(note) if left.drawn else self._line(note), left.display_id)
        self._places = [left, now] if left.drawn else [now]

    def _picture(self, note: str) -> dict[str, Any]:
        with self.followed.lock:
            whole = bundles.bundle(self.followed.stream, self._access)
        return {"image/png": whole["image/png"], "text/plain": f"{whole['text/plain']}\n{note}"}

    def remove_stop_request(self) -> None:
        """Take back a stop that no loop saw: the cell it was meant for has ended."""
        with contextlib.suppress(OSError):  # mostly there is none
            self._stop_file.unlink()


def _let_go(widget: Any) -> None:
    """Close *widget* and the layout that every widget brings along."""
    layout = widget.layout
    widget.close()
    layout.close()
