"""The directories that one run is made of: those it was resumed, rewound or forked from, and its own."""

from __future__ import annotations

from dataclasses import dataclass
from glob import escape
from itertools import compress
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from wandb_nb.store.format.decode import is_history
from wandb_nb.store.format.layout import age_order
from wandb_nb.store.reading.row_columns import decode_rows
from wandb_nb.store.reading.tail import Tail, data_files, run_file, run_info
from wandb_nb.store.runs.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wandb_nb.store.format.record_types import RunRecord


@dataclass(frozen=True)
class RunPart:
    """One directory of a run; its steps count up to *upto*, or all of them."""

    folder: Path
    upto: int | None = None


class RunSource:
    """One file of a run in *folder*, read from its start: what counts of it for the run that goes on from there."""

    def __init__(self, file: Path, folder: Path, upto: int | None = None) -> None:
        self.tail = Tail(file)
        self.folder = folder
        self._upto = upto
        self._beyond = False
        self._step = -1.0

    def read(self, max_bytes: int = 1 << 20) -> list[bytes]:
        """Return the next payloads; an empty list at the present end of the file."""
        while payloads := self.tail.read(max_bytes):
            if kept := payloads if self._upto is None else self._cut(payloads, self._upto):
                return kept
        return []

    def _cut(self, payloads: Sequence[bytes], upto: int) -> list[bytes]:
        """Leave out the rows behind step *upto*, and all that is not a row from the first of them on."""
        are_rows = [is_history(payload) for payload in payloads]
        inside = iter(self._inside(list(compress(payloads, are_rows)), upto))
        kept = []
        for payload, is_row in zip(payloads, are_rows, strict=True):
            counts = next(inside) if is_row else not self._beyond
            self._beyond = self._beyond or (is_row and not counts)
            if counts:
                kept.append(payload)
        return kept

    def _inside(self, rows: Sequence[bytes], upto: int) -> list[bool]:
        """Tell of each row whether its step counts; one that does not tell its step follows the row before it."""
        steps = np.full(len(rows), np.nan)
        at, told = decode_rows(rows).numbers.get("_step", (np.empty(0, np.int64), np.empty(0)))
        steps[at] = told
        for place in np.flatnonzero(np.isnan(steps)):
            steps[place] = (steps[place - 1] if place else self._step) + 1
        self._step = float(steps[-1]) if len(steps) else self._step
        inside: list[bool] = (steps <= upto).tolist()
        return inside


def parts(path: Path) -> list[RunPart]:
    """Return the directories of the run at *path*, oldest first, its own last.

    A directory whose run neither resumed nor branched off another one begins the chain: what other directories of
    its id hold was replaced.
    """
    chain = [RunPart(path)]
    file, upto = run_file(path), None
    info = run_info(file)
    while info is not None and (info.resumed or info.branch):
        origin, step = info.branch or (info.id, None)
        older = _before(file, origin, info)
        if older is None:
            break
        upto = step if upto is None or (step is not None and step < upto) else upto
        chain.insert(0, RunPart(older, upto))
        file = run_file(older)
        info = run_info(file)
    return chain


def sources(found: Sequence[RunPart]) -> list[RunSource]:
    """Return the files of the *found* parts, in the order in which they are to be read."""
    return [RunSource(file, part.folder, part.upto) for part in found for file in data_files(part.folder)]


def _before(file: Path, identity: str, info: RunRecord) -> Path | None:
    """Return the newest directory of the run *identity* that began before the one of *file*."""
    own = file.parent.resolve()
    beside = own.parent.glob(f"*run-*-{escape(identity)}*")
    known = (Path(entry.path) for entry in Registry().find(identity))
    name = f"run-{identity}.wandb"
    folders = {folder.resolve() for folder in (*beside, *known) if (folder / name).is_file()} - {own}
    begun = {folder: _age(folder, front) for folder in folders if (front := run_info(folder / name)) is not None}
    older = [folder for folder, age in begun.items() if age < _age(own, info)]
    return max(older, key=begun.__getitem__, default=None)


def _age(folder: Path, info: RunRecord) -> tuple[float, tuple[str, str]]:
    return info.start_time or 0.0, age_order(folder)
