"""The code of a run: copied on request, and the cells that logged its rows."""

from __future__ import annotations

from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING

from wandb_nb.capture.code.source_files import save_tree
from wandb_nb.errors import UsageError
from wandb_nb.store.format import records
from wandb_nb.store.reading.executed_cells import FILE, read_cells

if TYPE_CHECKING:
    import os

    from wandb_nb.capture.code.source_files import Choice
    from wandb_nb.store.reading.executed_cells import Cell
    from wandb_nb.tracking.run_view import RunView
    from wandb_nb.tracking.session.run_directory import RunDirectory


def log_code(
    run: RunView, place: RunDirectory | None, root: str | os.PathLike[str] | None, include: Choice, exclude: Choice
) -> list[str]:
    """Carry out `Run.log_code`."""
    if place is None or run.settings.disable_code:
        return []
    folder = Path(root) if root is not None else run.settings.code_dir or Path()
    try:
        paths = save_tree(place.files, folder, place.redact, include, exclude)
    except NotADirectoryError as error:
        raise UsageError(
            f"log_code() of run {run.identity.name}: {error}; give the folder that holds the code"
        ) from error
    place.writer.append(records.files([(path, "now", "other") for path in paths]))
    return paths


def cells(place: RunDirectory | None, metric: str | None) -> list[Cell]:
    """Carry out `Run.cells`."""
    if place is None:
        return []
    found = read_cells(place.path / FILE)
    steps = _steps_by_cell(place.path, metric)
    for cell in found:
        cell.steps = steps.get(cell.number, [])
    return found if metric is None else [cell for cell in found if cell.steps]


def _steps_by_cell(folder: Path, metric: str | None) -> dict[int, list[int]]:
    """Return the steps that each cell logged, of *metric* only if given, in the order of the rows."""
    from wandb_nb.store.reading.run_state import replayed  # brings numpy
    from wandb_nb.store.reading.tail import Tail, data_files

    table = replayed(map(Tail, data_files(folder))).table
    columns = (table.numbers.get(metric or ""), table.others.get(metric or ""))
    rows = {int(row) for column in columns if column is not None for row in column.rows}
    steps: dict[int, list[int]] = {}
    for row in sorted(rows) if metric is not None else range(len(table)):
        number = float(table.cell[row])
        if not isnan(number):  # rows that no cell logged
            steps.setdefault(int(number), []).append(int(table.step[row]))
    return steps
