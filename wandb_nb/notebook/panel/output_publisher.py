"""The outputs of an IPython shell: how one is displayed and how it is replaced later."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass
class PanelOutput:
    """One output in the notebook: its display id, its cell's number, and whether it held a chart when last filled."""

    display_id: str
    cell: int | None
    has_chart: bool = False


class OutputPublisher:
    """Publishes the outputs of one IPython shell.

    Updates go to the publisher that was there at the start, so that `%%capture` in a cell never swallows the picture of
    a panel elsewhere. First displays go where the cell's output goes.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._publisher = shell.display_pub

    def display(self, bundle: dict[str, Any], display_id: str, metadata: dict[str, Any]) -> None:
        """Add an output to the running cell."""
        self._shell.display_pub.publish(data=bundle, metadata=metadata, transient={"display_id": display_id})

    def update(self, bundle: dict[str, Any], display_id: str, metadata: dict[str, Any] | None = None) -> None:
        """Replace the output *display_id*, wherever it is."""
        self._publisher.publish(data=bundle, metadata=metadata or {}, transient={"display_id": display_id}, update=True)
