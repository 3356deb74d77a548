"""`Run.cells`: the executed cells of a notebook, each with the steps that it logged. Loads the readers."""

from __future__ import annotations

from math import isnan
from typing import TYPE_CHECKING

from wandb_nb.store.format.layout import data_files
from wandb_nb.store.reading.executed_cells import FILE, read_cells
from wandb_nb.store.reading.run_state import replayed
from wandb_nb.store.reading.tail import Tail

if TYPE_CHECKING:
    from pathlib import Path

    from wandb_nb.store.reading.executed_cells import Cell
    from wandb_nb.tracking.session.run_directory import RunDirectory


def cells(directory: RunDirectory | None, metric: str | None) -> list[Cell]:
    """Carry out `Run.cells`."""
    if directory is None:
        return []
    executed = read_cells(directory.path / FILE)
    steps = _steps_by_cell(directory.path, metric)
    for cell in executed:
        cell.steps = steps.get(cell.number, [])
    return executed if metric is None else [cell for cell in executed if cell.steps]


def _steps_by_cell(folder: Path, metric: str | None) -> dict[int, list[int]]:
    """Return the steps that each cell logged, of *metric* only if given, in the order of the rows."""
    table = replayed(map(Tail, data_files(folder))).table
    columns = (table.numbers.get(metric or ""), table.others.get(metric or ""))
    rows = {int(row) for column in columns if column is not None for row in column.rows}
    steps: dict[int, list[int]] = {}
    for row in sorted(rows) if metric is not None else range(len(table)):
        number = float(table.cell[row])
        if not isnan(number):  # rows that no cell logged
            steps.setdefault(int(number), []).append(int(table.step[row]))
    return steps
