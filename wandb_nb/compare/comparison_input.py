"""`ComparisonInput`: one run as a comparison sees it, whether its rows lie in a run directory or on a server."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wandb_nb.formatting import clean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wandb_nb.store.reading.executed_cells import Cell
    from wandb_nb.view.message.run_message import Message, RunHeader, Series


@dataclass(frozen=True)
class ComparisonInput:
    """A run to be compared.

    *message* tells its facts, config, summary and series, as whole as there is room for. *cells* are those its
    notebook executed, oldest first; *files* its sources as path and text; *git* and *packages* map names to texts.
    What is left empty is left out of the comparison.
    """

    message: Message
    cells: Sequence[Cell] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    git: Mapping[str, str] = field(default_factory=dict)
    packages: Mapping[str, str] = field(default_factory=dict)

    @property
    def run(self) -> RunHeader:
        """The facts of the run."""
        return self.message.header["run"]

    @property
    def config(self) -> Mapping[str, Any]:
        """The config, nested as it was given."""
        return self.message.header["config"] or {}

    @property
    def summary(self) -> Mapping[str, Any]:
        """The summary, nested."""
        return self.message.header["summary"] or {}

    @property
    def series(self) -> dict[str, Series]:
        """The metrics that have points, by key, in the order of their first appearance."""
        return {one.key: one for one in self.message.series() if len(one.value)}


def labels(runs: Sequence[RunHeader]) -> list[str]:
    """Return what *runs* are called in a legend: the name, with the id where a name is not the only one of its kind.

    The same run twice is told apart by a number.
    """
    names = [clean(run["name"] or run["id"], 40) for run in runs]
    shared = {name for name, count in Counter(names).items() if count > 1}
    ids = [clean(run["id"], 40) for run in runs]
    told = [f"{name} ({own})" if name in shared else name for name, own in zip(names, ids, strict=True)]
    return [label if told.count(label) == 1 else f"{label} #{at}" for at, label in enumerate(told, 1)]
