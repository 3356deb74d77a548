"""How the last cell of a notebook ended, as a part of the run's header."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wandb_nb.view.message.run_message import CellHeader, RunHeader

_INTERRUPT = "KeyboardInterrupt"


def add_cell_outcome(run: RunHeader, cells: Sequence[CellHeader], *, running: bool | None) -> None:
    """Add to *run* how the last of *cells*, those that logged, ended, and whether any cell is *running*."""
    active = run["state"] == "running"
    run["cellRunning"] = running if active else False
    error = cells[-1]["error"] if cells and cells[-1]["ok"] is False else None
    if error is None or run["state"] in ("finished", "interrupted"):
        return
    if not error.startswith(_INTERRUPT):
        run["error"] = error
    elif active:
        run["state"] = "stopped"
