"""Which outputs of a notebook show which runs, and what each cell that logs gets."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

from wandb_nb.notebook.panel.output_publisher import OutputPublisher
from wandb_nb.notebook.panel.panel_output import CellRef, PanelOutput, Role

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from wandb_nb.notebook.panel.panel import Panel

NEW_OUTPUT_SECONDS = 0.25
"""How long the picture of a new panel may wait: a short cell ends meanwhile, undisturbed."""
RESTORE_SECONDS = 0.1  # a loop that clears its outputs all the time must not keep the page busy


class PanelLayout:
    """The outputs of one notebook that show runs.

    The first cell that logs rows of a run gets its panel, and keeps it. Other cells that log get one line that leads
    there. Runs that log first in the same cell share its panel. Outputs that the user asks for stay. Thread-safe.

    Rendering takes a while. It happens under `_render_lock`, never under `_lock`, for which `log()` may wait.
    """

    def __init__(self, shell: Any, cell: CellRef, removed: Callable[[], None]) -> None:
        """Begin in *cell*, and call *removed* after `clear_output()` has removed outputs of the running cell."""
        self._publisher = OutputPublisher(shell, self._mark_removed, self.restore)
        self._report_removed = removed
        self._cell = cell
        self._cell_running = True
        self._outputs: list[PanelOutput] = []
        self._restored_at = 0.0
        self._lock = threading.RLock()
        self._render_lock = threading.RLock()

    # -- what the user sees of a run

    def add_start(self, panel: Panel) -> None:
        """Show in the running cell that the run has begun; if the cell has a panel, the run joins it."""
        with self._lock:
            if not self._publisher.is_captured:
                self._join_or_open(panel).starting.add(panel)

    def add_row(self, panel: Panel) -> None:
        """Show that the running cell logs: the panel here if there is none yet, else the way to it.

        `log()` waits for this, so no picture is rendered.
        """
        with self._lock:
            if self._publisher.is_captured:
                return
            self.restore()
            home, here = self._home(panel), self._here(panel)
            if home is None:
                home = here or self._join_or_open(panel)
                home.role = Role.PANEL
                home.starting.discard(panel)
                for output in self._outputs:
                    if panel in output.starting:
                        output.withdraw(panel, home)
            elif here is None and not self._in_cell(panel):
                self._open(PanelOutput(self._publisher, Role.LINK, self._cell, home.panels), home.link_bundle())

    def add_view(self, panel: Panel) -> None:
        """Show the run as it is now in the running cell, unless it is shown there."""
        if self.is_here(panel):
            self.restore(delayed=False)
            return
        view = PanelOutput(self._publisher, Role.VIEW, self._cell, [panel])
        with self._render_lock:
            versions, bundle = view.versions, view.render([panel] if self._media_output(panel) is None else ())
        with self._lock:
            link = next((one for one in self._in_cell(panel) if one.panels == [panel] and not one.is_removed), None)
            if link is None:
                self._open(view, bundle, versions)
            else:
                link.role = Role.VIEW
                link.update(bundle, versions)

    def is_here(self, panel: Panel) -> bool:
        """Return whether the running cell shows the run."""
        return self._here(panel) is not None

    def is_shown_alone(self, panel: Panel) -> bool:
        """Return whether an output shows this run and no other."""
        return any(one.role is not Role.LINK and one.panels == [panel] for one in self._outputs)

    def panel_here(self, run_id: str) -> Panel | None:
        """Return the panel of a run that the running cell shows, ended or not."""
        panels = (panel for output in self._outputs if output.cell is self._cell for panel in output.panels)
        return next((panel for panel in panels if panel.run.id == run_id), None)

    # -- cells

    def cell_started(self, cell: CellRef) -> None:
        """Continue in another *cell*; a page removes the outputs of a cell that is executed again."""
        with self._lock:
            self._cell, self._cell_running = cell, True
            again = cell.identity
            self._outputs = [
                one for one in self._outputs if one.is_open and (again is None or one.cell.identity != again)
            ]

    def cell_ended(self, *, failed: bool, later: bool) -> None:
        """Restore removed outputs, and refresh those that are outdated, or show a cell that has *failed*.

        With *later* the push thread does this when the kernel is idle, for runs that are active.
        """
        with self._lock:
            self._publisher.cell_ended()
            self.restore(delayed=False)
            self._cell_running = False
            outputs = [one for one in self._refreshed() if one.is_outdated or (failed and one.cell is self._cell)]
        if not later:
            self._refresh(outputs)
            return
        self._refresh(one for one in outputs if not one.is_open)
        for panel in {panel for one in outputs for panel in one.panels if panel.is_open}:
            panel.live_run.request_snapshot(panel.live_run.idle_delay_seconds)

    def clear(self) -> None:
        """Forget all outputs. Takes no lock, so that a forked child may call it."""
        self._outputs = []

    def close(self) -> None:
        """Forget all outputs, and leave the shell as it was."""
        self.clear()
        self._publisher.close()

    # -- pictures

    def refresh(self, panel: Panel) -> None:
        """Render the outputs of a run again. A cell with several runs is rendered when it ends."""
        with self._lock:
            outputs = [one for one in self._refreshed() if panel in one.panels]
            if not panel.is_open and self._cell_running:
                outputs = [one for one in outputs if len(one.panels) == 1]
        self._refresh(outputs)
        panel.live_run.send_to_pending()

    def republish(self, display_ids: Collection[str]) -> None:
        """Render these outputs again, for a page that was loaded after they were displayed."""
        with self._lock:
            outputs = [one for one in self._outputs if one.display_id in display_ids]
        self._refresh(one for one in outputs if one.role is not Role.LINK)

    def _refreshed(self) -> list[PanelOutput]:
        """Return the outputs to render: of those of an active run the first one and the newest, else all."""
        outputs = [one for one in self._outputs if one.role is not Role.LINK]
        firsts = {panel: one for one in outputs[::-1] for panel in one.panels}
        newest = {panel: one for one in outputs for panel in one.panels}
        return [
            one
            for one in outputs
            if any(one in (firsts[panel], newest[panel]) or not panel.is_open for panel in one.panels)
        ]

    def _refresh(self, outputs: Iterable[PanelOutput]) -> None:
        with self._render_lock:
            rendered: dict[tuple[object, ...], tuple[dict[str, Any], dict[Panel, int]]] = {}
            for output in outputs:
                versions = output.versions
                with_media = [panel for panel in versions if self._media_output(panel) is output]
                key = (*versions, None, *with_media)
                if key not in rendered:
                    rendered[key] = output.render(with_media), versions
                with self._lock:
                    if output.role is not Role.LINK:
                        output.update(*rendered[key])

    def _media_output(self, panel: Panel) -> PanelOutput | None:
        """Return the output that holds the small copies of the run's media: only one, for the size of the notebook."""
        return next((one for one in self._outputs if one.role is not Role.LINK and panel in one.panels), None)

    # -- outputs of the running cell

    def _home(self, panel: Panel) -> PanelOutput | None:
        """Return the output with the run's panel."""
        panels = (one for one in self._outputs if one.role is Role.PANEL)
        return next((one for one in panels if panel in one.panels and panel not in one.starting), None)

    def _in_cell(self, panel: Panel) -> list[PanelOutput]:
        return [one for one in self._outputs if one.cell is self._cell and panel in one.panels]

    def _here(self, panel: Panel) -> PanelOutput | None:
        return next((one for one in self._in_cell(panel) if one.role is not Role.LINK), None)

    def _join_or_open(self, panel: Panel) -> PanelOutput:
        """Add the run to the panel of this cell, else open one."""
        panels = (one for one in self._outputs if one.role is Role.PANEL)
        output = next((one for one in panels if one.cell is self._cell), None)
        if output is None:
            output = PanelOutput(self._publisher, Role.PANEL, self._cell, [panel])
            self._open(output, output.header_bundle())
        else:
            output.panels = [*(other for other in output.panels if other.run.id != panel.run.id), panel]
        panel.live_run.request_snapshot(NEW_OUTPUT_SECONDS)
        return output

    def _open(self, output: PanelOutput, bundle: dict[str, Any], versions: dict[Panel, int] | None = None) -> None:
        """Display a new output; one that code such as `%%capture` takes is not followed."""
        output.display(bundle, versions)
        if not self._publisher.is_captured:
            self._outputs.append(output)

    def _mark_removed(self, area: str) -> None:
        with self._lock:
            for output in self._outputs:
                if output.cell is self._cell and output.area == area:
                    output.is_removed = True
        self._report_removed()

    @property
    def has_removed(self) -> bool:
        """Whether the running cell lacks an output that `clear_output()` has removed."""
        return any(one.is_removed and one.cell is self._cell for one in self._outputs)

    def restore(self, *, delayed: bool = True) -> None:
        """Display the removed outputs of this cell again, with *delayed* not too often."""
        with self._lock:
            now = time.monotonic()
            if self._publisher.is_captured or (delayed and now < self._restored_at + RESTORE_SECONDS):
                return
            for output in self._outputs:
                if output.is_removed and output.cell is self._cell:
                    self._restored_at = now
                    home = self._home(output.panels[0]) if output.role is Role.LINK else None
                    output.display(output.header_bundle() if home is None else home.link_bundle())
