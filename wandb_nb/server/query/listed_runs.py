"""`ListedRuns`: the runs of a project, and what its pages derive from all of them."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import TYPE_CHECKING

from wandb_nb.server.query.number_columns import NumberColumns
from wandb_nb.server.query.run_columns import available_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wandb_nb.run_filters.run_values import RunValues


class ListedRuns:
    """All runs of a project as one reader sees them; what is derived from them is computed once.

    The numbers of runs that *earlier* ones of the project have, too, are taken from there.
    """

    def __init__(self, runs: Sequence[RunValues], earlier: ListedRuns | None = None) -> None:
        self.runs = runs
        self.numbers: NumberColumns = NumberColumns(runs, earlier.numbers if earlier is not None else None)

    @cached_property
    def available(self) -> dict[str, list[str]]:
        """The columns to choose from."""
        return available_columns(self.runs)

    @cached_property
    def states(self) -> Counter[str]:
        """How many runs are in each state."""
        return Counter(run.row.state for run in self.runs)

    @cached_property
    def shared_names(self) -> frozenset[str]:
        """The names that several runs have."""
        counts = Counter(run.row.display_name or run.row.name for run in self.runs)
        return frozenset(name for name, count in counts.items() if count > 1)
