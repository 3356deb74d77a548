"""An `init` cell that is executed again: a new run, one more attempt of the same run, or the same run anew.

Cells are told apart by the id that the page gives them; where there is none (nbclient, papermill), by their source.
What a cell began is found in the registry, so that it is known after a restart of the kernel as well.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from wandb_nb import host
from wandb_nb.capture.cells import notebook_file, session
from wandb_nb.run_names import DEFAULT_PROJECT
from wandb_nb.store.format.layout import run_file_name
from wandb_nb.store.runs.registry import CONTINUED, REPLACED, Registry
from wandb_nb.store.writing.owner_lock import owner_alive
from wandb_nb.tracking.terminal.presenter import report

if TYPE_CHECKING:
    from wandb_nb.settings import Resolved
    from wandb_nb.store.reading.executed_cells import Cell
    from wandb_nb.store.runs.registry import RunEntry
    from wandb_nb.tracking.start.resume_state import ResumeState

_SOURCE = "rerun"


@dataclass(frozen=True)
class CellRerun:
    """What `rerun` makes of an `init()`.

    *settings* name the run that goes on or is replaced; *cell* names the cell for the registry, empty outside
    notebooks; *before* counts the directories of the same run that came before.
    """

    settings: Resolved
    cell: str = ""
    before: int = 0

    def attempt(self, earlier: ResumeState | None) -> ResumeState | None:
        """Return *earlier* with the attempt that begins now, where a run goes on by being executed again."""
        if earlier is None or not self.before or self.settings.rerun != "resume":
            return earlier
        return replace(earlier, attempt=max(earlier.attempt + 1, self.before))

    def describe(self, earlier: ResumeState | None) -> str:
        """Return a phrase on how the run continues earlier ones of its cell; empty for a new run."""
        if not self.before:
            return ""
        if self.settings.rerun == "replace":
            return f"replaces {self.before} earlier {'run' if self.before == 1 else 'runs'} of this cell"
        return "" if earlier is None else f"attempt {earlier.attempt + 1} of this cell's run"


def again(settings: Resolved) -> CellRerun:
    """Return what is to be done for an `init()` with *settings*, from the running cell."""
    cell = _name_of_cell(settings)
    named = settings.run_id or settings.resume or settings.resume_from or settings.fork_from
    if settings.rerun == "new" or not cell or named:
        return CellRerun(settings, cell)
    found = _earlier_runs(cell, settings.project or DEFAULT_PROJECT)
    newest = found[0] if found else None
    if newest is None or not (Path(newest.path) / run_file_name(newest.id)).is_file():
        return CellRerun(settings, cell)
    if owner_alive(newest.path):
        report(settings, f"run {newest.name} of this cell is still being written, so a new one begins")
        return CellRerun(settings, cell)
    use = partial(settings.replace, _SOURCE, run_id=newest.id)
    chosen = use(resume="allow") if settings.rerun == "resume" else use(run_name=settings.run_name or newest.name)
    return CellRerun(chosen, cell, sum(entry.id == newest.id for entry in found))


def _earlier_runs(cell: str, project: str) -> list[RunEntry]:
    """Return what *cell* began in *project*, newest first; nothing where the newest no longer counts."""
    found = [entry for entry in Registry().all() if entry.cell == cell and entry.project == project]
    return found if found and found[0].state not in (CONTINUED, REPLACED) else []


def _name_of_cell(settings: Resolved) -> str:
    """Return what names the running cell, and which `init()` of its execution this is; empty outside notebooks."""
    going_on = session.current()
    cell = going_on.running if going_on is not None else None
    if cell is None:
        return ""
    folder = str(Path(settings.root_dir).absolute())
    where = next(notebook_file.configured_paths(settings.notebook_name), folder)
    what = host.cell_id() or cell.source.strip()
    name = "\0".join((where, what, str(_calls.count(cell))))
    return sha256(name.encode("utf-8", "backslashreplace")).hexdigest()[:24]


class _Calls:
    """Counts the runs that one execution of a cell begins, as a loop of several does."""

    def __init__(self) -> None:
        self._cell: Cell | None = None
        self._number = 0

    def count(self, cell: Cell) -> int:
        """Return the number of this call in *cell*, from 1."""
        self._number = self._number + 1 if cell is self._cell else 1
        self._cell = cell
        return self._number


_calls = _Calls()
