"""The code of a run: copied on request, and the cells that logged its rows."""

from __future__ import annotations

from math import isnan
from pathlib import Path
from typing import TYPE_CHECKING

from wandb_nb.capture.code.source_files import save_tree
from wandb_nb.errors import UsageError
from wandb_nb.store.format import records
from wandb_nb.store.reading.executed_cells import FILE, read_cells
from wandb_nb.surroundings import working_directory

if TYPE_CHECKING:
    import os
    from collections.abc import Callable

    from wandb_nb.capture.code.source_files import Choice
    from wandb_nb.settings import Resolved
    from wandb_nb.store.reading.executed_cells import Cell
    from wandb_nb.tracking.session.run_directory import RunDirectory

    PathFilter = Callable[[str], bool] | Callable[[str, str], bool]


def code_folder(root: str | os.PathLike[str] | None, settings: Resolved) -> Path:
    """Return the absolute path of the folder that `log_code()` copies."""
    return working_directory() / (Path(root) if root is not None else settings.code_dir or Path())


def path_choice(choose: PathFilter | None, folder: Path) -> Callable[[str], bool] | None:
    """Return *choose*, which takes an absolute path and perhaps the folder, as a function of the relative path."""
    if choose is None:
        return None
    from inspect import signature  # only for programs that give such a function

    extra = (str(folder),) if len(signature(choose).parameters) > 1 else ()
    return lambda relative: bool(choose(str(folder / relative), *extra))


def log_code(directory: RunDirectory, settings: Resolved, folder: Path, include: Choice, exclude: Choice) -> list[str]:
    """Carry out `Run.log_code`."""
    if settings.disable_code:
        return []
    try:
        paths = save_tree(directory.files, folder, directory.redact, include, exclude)
    except NotADirectoryError as error:
        raise UsageError(f"log_code(): {error}; give the folder that holds the code") from error
    directory.writer.append(records.files([(path, "now", "other") for path in paths]))
    return paths


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
    from wandb_nb.store.format.layout import data_files
    from wandb_nb.store.reading.run_state import replayed  # brings numpy
    from wandb_nb.store.reading.tail import Tail

    table = replayed(map(Tail, data_files(folder))).table
    columns = (table.numbers.get(metric or ""), table.others.get(metric or ""))
    rows = {int(row) for column in columns if column is not None for row in column.rows}
    steps: dict[int, list[int]] = {}
    for row in sorted(rows) if metric is not None else range(len(table)):
        number = float(table.cell[row])
        if not isnan(number):  # rows that no cell logged
            steps.setdefault(int(number), []).append(int(table.step[row]))
    return steps
