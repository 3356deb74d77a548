"""The runs that a `sync` selects: from the given paths to run files, oldest first."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wandb_nb.errors import RunNotFoundError
from wandb_nb.store.format.layout import WORKSPACES, age_order, run_directories, run_file, run_files
from wandb_nb.store.runs.find import find_run, run_at
from wandb_nb.store.runs.sync_progress import load_progress
from wandb_nb.store.writing.owner_lock import owner_alive
from wandb_nb.surroundings import working_directory
from wandb_nb.sync.upload.own_runs import predecessors_to_send

if TYPE_CHECKING:
    from collections.abc import Iterable


def select_runs(paths: Iterable[str], *, include_synced: bool) -> list[Path]:
    """Return the run files below *paths*, each once; all runs of `wandb/` in this folder without a path.

    A path is a run directory, a run file, a folder of runs, or anything else that names a run (id, name, `latest`).
    A resumed run brings its predecessors. Runs marked as synced are left out unless *include_synced*.

    Raises:
        RunNotFoundError: A path names no run.
    """
    selected = list(paths) or [name for name in WORKSPACES if Path(name).is_dir()]
    if not selected:
        raise RunNotFoundError(
            f"there is no folder wandb/ in {working_directory()}: give the path of a run or a folder of runs"
        )
    files: dict[Path, None] = {}
    for path in selected:
        below = _run_files(path)
        if paths and not below:
            raise RunNotFoundError(f"there is no run in {path}: give the directory of a run, or a folder of runs")
        for file in below:
            files |= dict.fromkeys((*predecessors_to_send(file), file.resolve()))
    chosen = (file for file in files if include_synced or not is_marked_synced(file))
    return sorted(chosen, key=lambda file: age_order(file.parent))


def is_marked_synced(file: Path) -> bool:
    """Return whether the run of *file* has the marker of a completely synced run."""
    return file.with_name(f"{file.name}.synced").exists()


def is_removable(file: Path) -> bool:
    """Return whether the run of *file* has ended and is completely on a server, with its files."""
    progress = load_progress(file)
    has_problems = progress is not None and bool(progress.problems)
    return is_marked_synced(file) and owner_alive(file.parent) is not True and not has_problems


def _run_files(path: str) -> list[Path]:
    folder = Path(path)
    if folder.is_dir() and run_at(path) is None:
        workspaces = [folder / name for name in WORKSPACES if (folder / name).is_dir()] or [folder]
        runs = (run for workspace in workspaces for run in run_directories(workspace))
        return [file for run in runs for file in run_files(run)]
    return [run_file(find_run(path))]
