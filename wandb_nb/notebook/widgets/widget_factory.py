"""Makes the widget that `run.widget()` returns. ipywidgets is loaded here, and not before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb.errors import UsageError
from wandb_nb.notebook.panel.widget import SCRIPT

if TYPE_CHECKING:
    from collections.abc import Iterable

    from wandb_nb.notebook.panel.live_run import LiveRun
    from wandb_nb.tracking.run_view import RunView


def create_widget(run: RunView, live_run: LiveRun | None, selected: Iterable[str]) -> Any:
    """Return a new widget of *run*, by what *live_run* reads of it; None for a disabled run.

    Raises:
        UsageError: The JavaScript is not built.
    """
    if not SCRIPT.exists():
        raise UsageError("run.widget() needs JavaScript that this copy of wandb_nb lacks; build it with pip install .")
    from wandb_nb.notebook.widgets.run_widget import RunWidget

    return RunWidget(run, live_run, selected)
