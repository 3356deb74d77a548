"""`RunWidget`: the view of a run as an ipywidget."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import anywidget
import traitlets

from wandb_nb import host
from wandb_nb.notebook.panel.widget import SCRIPT, WidgetViewer, answer_while_busy
from wandb_nb.notebook.widgets.widget_state import WidgetState, to_json_values, widget_state
from wandb_nb.tracking.live_header import live_header
from wandb_nb.view.message.header_fields import empty_header

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wandb_nb.notebook.panel.live_run import LiveRun
    from wandb_nb.tracking.run_view import RunView

MAX_SELECTED = 1_000
SHARES_WIDTH = {"flex": "1 1 auto", "min_width": "0"}  # in an HBox
UPDATE_TIMEOUT_SECONDS = 1.0


class RunWidget(anywidget.AnyWidget):
    """The view of a run, which composes with other widgets. Traits follow the run, a few times per second at most.

    `state` is "running", "stopped", "finished", "failed", "interrupted" or "crashed", `step` the step of the last row,
    `latest` the newest value of each key, `metrics` the names of the logged keys. They can be observed and be the
    source of a link; what a page sends for them is ignored. `selected` limits the charts to these metrics, unless it is
    empty, and can be changed here and in the view. While a cell runs, observers are called in a background thread.
    """

    _esm = SCRIPT
    run_id = traitlets.Unicode(read_only=True).tag(sync=True)
    name = traitlets.Unicode(read_only=True).tag(sync=True)
    state = traitlets.Unicode(read_only=True).tag(sync=True)
    step = traitlets.Int(read_only=True).tag(sync=True)
    latest = traitlets.Dict(read_only=True).tag(sync=True, to_json=lambda value, _widget: to_json_values(value))
    metrics = traitlets.List(traitlets.Unicode(), read_only=True).tag(sync=True)
    selected = traitlets.List(traitlets.Unicode()).tag(sync=True)

    def __init__(self, run: RunView, live_run: LiveRun | None, selected: Iterable[str] = ()) -> None:
        """Show *run* by what *live_run* reads of it; None for a disabled run, which stores nothing."""
        self._live_run = live_run
        self._version: tuple[Any, ...] = ()
        self._update_lock = threading.RLock()  # an observer may end the run, which updates once more
        super().__init__(selected=list(selected), layout=SHARES_WIDTH)
        answer_while_busy(self.comm)
        with self.hold_sync():
            self.set_trait("run_id", run.id)
            self.set_trait("name", run.name)
            self.set_trait("state", run.state)
        if live_run is None:
            header = {**empty_header(live_header(run)), "done": True}
            self.on_msg(lambda *_: self.send({"type": "message", "header": header}, buffers=[b""]))
        else:
            self._follow(live_run)

    def update(self) -> None:
        """Set the traits to the run's state as far as it has been read. Called by the push thread, too.

        An observer that does not return costs the other threads their update, not their time.
        """
        if self._live_run is None or not self._update_lock.acquire(timeout=UPDATE_TIMEOUT_SECONDS):
            return
        try:
            state = widget_state(self._live_run)
            if state.version != self._version:
                self._apply(state)
        finally:
            self._update_lock.release()

    def set_state(self, sync_data: dict[str, Any]) -> None:
        """Take changes from the page, except those of what follows the run."""
        fixed = {name for name, trait in self.traits().items() if trait.read_only}
        super().set_state({name: value for name, value in sync_data.items() if name not in fixed})

    def close(self) -> None:
        """Remove the widget from the page; the run is not affected."""
        if (live_run := getattr(self, "_live_run", None)) is not None:
            live_run.unobserve(self.update)
            live_run.remove_viewer(self._viewer)
        super().close()

    def __repr__(self) -> str:
        return f"<RunWidget {self.name!r}: {self.state}, step {self.step}>"

    @traitlets.validate("selected")
    def _check_selected(self, proposal: Any) -> list[str]:
        names = list(dict.fromkeys(proposal["value"]))
        if len(names) > MAX_SELECTED:
            raise traitlets.TraitError(f"selected has {len(names)} metrics; at most {MAX_SELECTED} are possible")
        return names

    def _follow(self, live_run: LiveRun) -> None:
        self._viewer = WidgetViewer(self, live_run)
        self.on_msg(lambda _widget, content, _buffers: self._viewer.receive(content))
        if host.page_waits_for_cells():
            live_run.add_pending(self._viewer)
        live_run.read_to_end()
        self.update()
        live_run.observe(self.update)

    def _apply(self, state: WidgetState) -> None:
        """Set the traits, in one message to the page; an observer that ends the run leads to a newer state within."""
        self._version = state.version
        with self.hold_sync():
            for name in ("metrics", "latest", "step", "state"):
                if self._version is state.version:
                    self.set_trait(name, getattr(state, name))
