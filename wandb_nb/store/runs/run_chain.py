"""The directories of one run: those it was resumed, rewound or forked from, and its own. Needs no numpy."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from wandb_nb.errors import StoreError
from wandb_nb.store.format.layout import age_order, run_directories, run_file, run_file_name
from wandb_nb.store.reading.tail import run_info
from wandb_nb.store.runs.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wandb_nb.store.format.record_types import RunRecord


@dataclass(frozen=True)
class RunPart:
    """One directory of a run. Its steps count up to *upto*, or all of them."""

    folder: Path
    upto: int | None = None


def parts(path: Path) -> list[RunPart]:
    """Return the directories of the run at *path*, oldest first, its own last.

    The chain begins with a directory whose run neither resumed nor branched off another one: that run replaced what
    older directories of its id contain.
    """
    chain, upto = [RunPart(path)], None
    for older, info in _older(run_file(path)):
        step = info.branch[1] if info.branch else None
        upto = step if upto is None or (step is not None and step < upto) else upto
        chain.insert(0, RunPart(older.parent, upto))
    return chain


def predecessors(file: Path) -> list[Path]:
    """Return the run files that the run of *file* was resumed from, oldest first."""
    files: list[Path] = []
    for older, info in _older(file):
        if not info.resumed:
            break
        files.insert(0, older)
    return files


def _older(file: Path) -> Iterator[tuple[Path, RunRecord]]:
    """Yield the run files before *file*, newest first, each with the run record of the file that continues it."""
    info = run_info(file)
    while info is not None and (info.resumed or info.branch):
        identity = info.branch[0] if info.branch else info.id
        older = _before(file, identity, info)
        if older is None:
            return
        yield older, info
        file, info = older, run_info(older)


def _before(file: Path, identity: str, info: RunRecord) -> Path | None:
    """Return the newest file of the run *identity* that began before the run of *file*."""
    own = file.parent.resolve()
    registered = (Path(entry.path) for entry in Registry().find(identity))
    folders = {folder.resolve() for folder in (*run_directories(own.parent, identity), *registered)} - {own}
    files = [folder / run_file_name(identity) for folder in folders]
    ages = {file: _age(file, front) for file in files if (front := _front(file)) is not None}
    older = [file for file, age in ages.items() if age < _age(own / file.name, info)]
    return max(older, key=ages.__getitem__, default=None)


def _front(file: Path) -> RunRecord | None:
    """Return the run record of *file*; None for a file that cannot be read, which must not break the other runs."""
    try:
        return run_info(file)
    except StoreError:
        return None


def _age(file: Path, info: RunRecord) -> tuple[float, tuple[str, str]]:
    return info.start_time or 0.0, age_order(file.parent)
