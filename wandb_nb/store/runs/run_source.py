"""The files of a run's directories, cut off where a later directory continues."""

from __future__ import annotations

from itertools import compress
from typing import TYPE_CHECKING

import numpy as np

from wandb_nb.store.format.decode import is_history
from wandb_nb.store.format.layout import data_files
from wandb_nb.store.reading.row_columns import decode_rows
from wandb_nb.store.reading.tail import Tail

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from wandb_nb.store.runs.run_chain import RunPart


class RunSource:
    """One file of a run in *folder*, read from its start up to the step *upto*, where another directory continues."""

    def __init__(self, file: Path, folder: Path, upto: int | None = None) -> None:
        self.tail = Tail(file)
        self.folder = folder
        self._upto = upto
        self._beyond = False
        self._step = -1.0

    def read(self, max_bytes: int = 1 << 20) -> list[bytes]:
        """Return the next payloads; an empty list at the present end of the file."""
        while payloads := self.tail.read(max_bytes):
            if remaining := payloads if self._upto is None else self._cut(payloads, self._upto):
                return remaining
        return []

    def _cut(self, payloads: Sequence[bytes], upto: int) -> list[bytes]:
        """Leave out the rows after step *upto*, and all other records after the first of these."""
        are_rows = [is_history(payload) for payload in payloads]
        inside = iter(self._inside(list(compress(payloads, are_rows)), upto))
        remaining = []
        for payload, is_row in zip(payloads, are_rows, strict=True):
            counts = next(inside) if is_row else not self._beyond
            self._beyond = self._beyond or (is_row and not counts)
            if counts:
                remaining.append(payload)
        return remaining

    def _inside(self, rows: Sequence[bytes], upto: int) -> list[bool]:
        """Return for each row whether its step counts. A row without a step follows the row before it."""
        steps = np.full(len(rows), np.nan)
        at, logged = decode_rows(rows).numbers.get("_step", (np.empty(0, np.int64), np.empty(0)))
        steps[at] = logged
        for place in np.flatnonzero(np.isnan(steps)):
            steps[place] = (steps[place - 1] if place else self._step) + 1
        self._step = float(steps[-1]) if len(steps) else self._step
        inside: list[bool] = (steps <= upto).tolist()
        return inside


def sources(chain: Sequence[RunPart]) -> list[RunSource]:
    """Return the files of the parts in *chain*, in reading order."""
    return [RunSource(file, part.folder, part.upto) for part in chain for file in data_files(part.folder)]
