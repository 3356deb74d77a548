"""An `init` cell that is executed again: a new run, another attempt of the same run, or a replacement.

Cells are identified by the id that the page gives them; where there is none (nbclient, papermill), by their source.
The registry stores which cell began a run, so that this works after a restart of the kernel as well.
"""

from __future__ import annotations

from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from wandb_nb import host
from wandb_nb.capture.cells.current_session import current_session
from wandb_nb.capture.cells.notebook_path import configured_paths
from wandb_nb.run_names import DEFAULT_PROJECT
from wandb_nb.store.format.layout import run_file_name
from wandb_nb.store.runs.registry import CONTINUED, REPLACED, Registry
from wandb_nb.store.writing.owner_lock import owner_alive
from wandb_nb.surroundings import is_file
from wandb_nb.tracking.terminal.presenter import report

if TYPE_CHECKING:
    from wandb_nb.settings import Resolved
    from wandb_nb.store.reading.executed_cells import Cell
    from wandb_nb.store.runs.registry import RunEntry
    from wandb_nb.tracking.start.resume_state import ResumeState

_SOURCE = "rerun"


class CellRerun(NamedTuple):
    """The effect of the setting `rerun` on an `init()`.

    *settings* name the run that is continued or replaced; *cell* is the cell's key in the registry, empty outside
    notebooks; *before* counts the earlier directories of the same run.
    """

    settings: Resolved
    cell: str = ""
    before: int = 0

    def attempt(self, previous: ResumeState | None) -> ResumeState | None:
        """Return *previous* with the attempt that begins now, if the rerun continues its run."""
        if previous is None or not self.before or self.settings.rerun != "resume":
            return previous
        return previous._replace(attempt=max(previous.attempt + 1, self.before))

    def describe(self, previous: ResumeState | None) -> str:
        """Return a phrase on how the run continues earlier ones of its cell; empty for a new run."""
        if not self.before:
            return ""
        if self.settings.rerun == "replace":
            return f"replaces {self.before} earlier {'run' if self.before == 1 else 'runs'} of this cell"
        return "" if previous is None else f"attempt {previous.attempt + 1} of this cell's run"


def plan_rerun(settings: Resolved) -> CellRerun:
    """Return how an `init()` with *settings* in the running cell treats the runs that the cell began before."""
    cell = _cell_key(settings)
    named = settings.run_id or settings.resume or settings.resume_from or settings.fork_from
    if settings.rerun == "new" or not cell or named:
        return CellRerun(settings, cell)
    runs = _earlier_runs(cell, settings.project or DEFAULT_PROJECT)
    newest = runs[0] if runs else None
    if newest is None or not is_file(Path(newest.path) / run_file_name(newest.id)):
        return CellRerun(settings, cell)
    if owner_alive(newest.path):
        report(settings, f"run {newest.name} of this cell is still active in another process; starting a new run")
        return CellRerun(settings, cell)
    use = partial(settings.replace, _SOURCE, run_id=newest.id)
    chosen = use(resume="allow") if settings.rerun == "resume" else use(run_name=settings.run_name or newest.name)
    return CellRerun(chosen, cell, sum(entry.id == newest.id for entry in runs))


def _earlier_runs(cell: str, project: str) -> list[RunEntry]:
    """Return the runs that *cell* began in *project*, newest first; none if the newest was superseded."""
    runs = [entry for entry in Registry().all() if entry.cell == cell and entry.project == project]
    return runs if runs and runs[0].state not in (CONTINUED, REPLACED) else []


def _cell_key(settings: Resolved) -> str:
    """Return a key for the running cell and the number of this `init()` in it; empty outside notebooks."""
    current = current_session()
    cell = current.running if current is not None else None
    if cell is None:
        return ""
    folder = str(Path(settings.root_dir).absolute())
    notebook = next(configured_paths(settings.notebook_name), folder)
    cell_id = host.cell_id() or cell.source.strip()
    key = "\0".join((notebook, cell_id, str(_calls.count(cell))))
    return sha256(key.encode("utf-8", "backslashreplace")).hexdigest()[:24]


class _Calls:
    """Counts the runs that one execution of a cell begins, as a loop over several runs does."""

    def __init__(self) -> None:
        self._cell: Cell | None = None
        self._number = 0

    def count(self, cell: Cell) -> int:
        """Return the number of this call in *cell*, from 1."""
        self._number = self._number + 1 if cell is self._cell else 1
        self._cell = cell
        return self._number


_calls = _Calls()
