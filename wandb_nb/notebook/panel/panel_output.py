"""One output in the notebook that shows a run, several runs in the same charts, or the way to them."""

from __future__ import annotations

import uuid
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

from wandb_nb import host
from wandb_nb.notebook.panel.output_publisher import output_area
from wandb_nb.view import line_bundle
from wandb_nb.view.message.header_fields import COMPARISON_MIME

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from wandb_nb.notebook.panel.output_publisher import OutputPublisher
    from wandb_nb.notebook.panel.panel import Panel

MAX_OVERLAID_RUNS = 20
_MAX_POINTS, _MIN_POINTS = 8_000, 400
_HINT = "; %wandb shows it here"


class CellRef(NamedTuple):
    """An execution of a cell: its number, and what identifies the cell when it is executed again, if that is known."""

    number: int
    identity: str | None = None


class Role(Enum):
    """What an output is for."""

    PANEL = "panel"  # where a run began or logged first
    VIEW = "view"  # where it was asked for
    LINK = "link"  # where it logged later


class PanelOutput:
    """One output. Its runs share the charts. Not thread-safe, except for `render`."""

    def __init__(self, publisher: OutputPublisher, role: Role, cell: CellRef, panels: Sequence[Panel]) -> None:
        self.role, self.cell, self.panels = role, cell, list(panels)
        self.starting: set[Panel] = set()
        """The runs that began here and have not logged here."""
        self.is_removed = False
        """Whether the page has removed the output, as `clear_output()` asks."""
        self.area = ""
        self._publisher = publisher
        self.display_id = ""
        """The id by which a page finds the output."""
        self._labels: dict[Panel, str] = {}
        self._rendered: dict[Panel, int] = {}

    @property
    def is_open(self) -> bool:
        """Whether any of its runs may change."""
        return any(panel.is_open for panel in self.panels)

    @property
    def versions(self) -> dict[Panel, int]:
        """The present version of each of its runs."""
        return {panel: panel.version for panel in self.panels}

    @property
    def is_outdated(self) -> bool:
        """Whether a run has changed since the output was rendered."""
        return self._rendered != self.versions

    def withdraw(self, panel: Panel, home: PanelOutput) -> None:
        """Leave out a run that began here and has logged first at *home*; the last one leaves the way to it."""
        self.panels = [other for other in self.panels if other is not panel]
        self.starting.discard(panel)
        if not self.panels:
            self.role, self.panels = Role.LINK, home.panels
            self.update(home.link_bundle())
        elif self.starting.issuperset(self.panels):
            self.update(self.header_bundle())

    def display(self, bundle: dict[str, Any], versions: dict[Panel, int] | None = None) -> None:
        """Add the output to the running cell; *versions* are those of the runs that *bundle* was rendered from."""
        self.display_id, self.is_removed = f"wandb-nb-{uuid.uuid4().hex}", False
        self.area, self._rendered = output_area(), versions or {}
        self._publisher.display(bundle, self.display_id, self._metadata)

    def update(self, bundle: dict[str, Any], versions: dict[Panel, int] | None = None) -> None:
        """Replace what the output shows; *versions* as for `display`."""
        if not self.is_removed:
            self._rendered = versions or {}
            self._publisher.update(bundle, self.display_id, self._metadata)

    def header_bundle(self) -> dict[str, Any]:
        """Return what a view needs to draw the runs itself. Reads no file."""
        if len(self.panels) == 1:
            return self.panels[0].header_bundle()
        return line_bundle.overlay_header_bundle(*self._drawn_headers())

    def link_bundle(self) -> dict[str, Any]:
        """Return the line that leads here from the output of another cell."""
        hint = _HINT if host.page_waits_for_cells() else ""
        return line_bundle.link_bundle(*self._drawn_headers(), f"under cell [{self.cell.number}]{hint}")

    def render(self, with_media: Collection[Panel] = ()) -> dict[str, Any]:
        """Return the runs as they are now, with pictures, and small copies of the media of those in *with_media*."""
        panels = list(self.panels)
        if len(panels) == 1:
            return panels[0].bundle(with_media=panels[0] in with_media)
        from wandb_nb.compare import live_overlay  # numpy and Pillow take long to load

        drawn = panels[-MAX_OVERLAID_RUNS:]
        points = max(_MIN_POINTS, _MAX_POINTS // len(drawn))
        messages = [panel.message(points) for panel in drawn]
        media = [panel.live_run.saved_media if panel in with_media else None for panel in drawn]
        bundle = live_overlay.bundle(messages, [panel.access for panel in drawn], media, len(panels) - len(drawn))
        self._labels = dict(zip(drawn, bundle[COMPARISON_MIME]["labels"], strict=True))
        return bundle

    @property
    def _metadata(self) -> dict[str, Any]:
        return self.panels[0].metadata if len(self.panels) == 1 else {}

    def _drawn_headers(self) -> tuple[list[Any], list[str], list[Any]]:
        drawn = self.panels[-MAX_OVERLAID_RUNS:]
        headers = [panel.header for panel in drawn]
        labels = [self._labels.get(panel) or panel.run.name or panel.run.id for panel in drawn]
        return headers, labels, [panel.access for panel in drawn]
