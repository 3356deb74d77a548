"""`ReadableRun`: what a run gives back, namely its rows, cells and status, and how it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb.errors import RunFinishedError
from wandb_nb.tracking.older_names import OlderNames
from wandb_nb.tracking.terminal.presenter import presenter

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from wandb_nb.reproduce.remark import Reproducibility
    from wandb_nb.store.reading.executed_cells import Cell
    from wandb_nb.tracking.run_status import RunStatus


class ReadableRun(OlderNames):
    """A run for those who read and show it; nothing here changes it. Thread-safe."""

    def history(self) -> pd.DataFrame:
        """Return the rows stored so far as a pandas frame, also while the run is active.

        Raises:
            RunFinishedError: The run is disabled and stores no rows.

        """
        from wandb_nb.data.stored_media import read  # pandas takes long to import

        if self.file is None:
            raise RunFinishedError(f"run {self.name} is disabled and stores no rows to read")
        return read(self.file)

    def cells(self, metric: str | None = None) -> list[Cell]:
        """Return the executed cells of the notebook, oldest first, each with its source as it was executed.

        With *metric* only those that logged it. A cell's `steps` are the steps that it logged (of that metric), so
        that the source behind each point stays known after the cell was edited or deleted. Empty outside notebooks,
        and where saving code is switched off.
        """
        from wandb_nb.tracking.files.run_cells import cells  # loads the readers

        return cells(self._session.directory, metric)

    def status(self) -> RunStatus:
        """Return how many rows and files the run has, and how many of them are not on the server yet."""
        from wandb_nb.tracking.run_status import run_status  # few programs ask for it

        return run_status(self._session)

    def reproducibility(self) -> Reproducibility:
        """Return what would keep a repetition of the run from being the same, as remarks, each with its remedy.

        That is known while the run is active, when it can still be changed: code that is not saved, uncommitted files,
        cells out of order, packages from folders, missing seeds, inputs that are only referred to.

        Raises:
            RunFinishedError: The run is disabled and stores nothing.
        """
        from wandb_nb.tracking.session.run_reproducibility import run_reproducibility  # few programs ask for it

        return run_reproducibility(self._session)

    def to_html(self, height: int = 420, hidden: bool = False) -> str:
        """Return a picture of the run as HTML, at most *height* pixels high, closed if *hidden*."""
        picture = f'<div style="max-height:{int(height)}px;overflow:auto">{self._repr_html_() or ""}</div>'
        return f"<details><summary>Show the run</summary>{picture}</details>" if hidden else picture

    def display(self, height: int = 420, hidden: bool = False) -> None:
        """Show the run: its panel in a notebook, its lines in a terminal.

        *height* and *hidden* are accepted: a panel has the height of its charts and opens and closes by itself.
        """
        self._session.notices.guard(lambda: presenter().show(self))

    def widget(self, selected: Iterable[str] = ()) -> Any:
        """Return the run as an ipywidget, to be composed with others (HBox, Tab, Output, `interact`).

        Its traits `state`, `step`, `latest` (newest values) and `metrics` (the logged keys) follow the run, a few times
        per second at most; they can be observed and be the source of a link. The trait *selected* limits the charts to
        these metrics; it can be changed and linked, and changes with the choice in the view. Each call returns a new
        widget, which is independent of the automatic panel.

        Raises:
            UsageError: This is not a notebook.
        """
        return presenter().widget(self, selected)

    def __repr__(self) -> str:
        return f"<Run {self.name!r} {self.project}/{self.id} {self.state}>"

    def _ipython_display_(self) -> None:
        """Show the run where IPython displays it as the value of a cell."""
        self.display()
