"""`Comparison`: what two or more subjects differ in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wandb_nb.compare import comparison_input as subjects
from wandb_nb.compare.code_diff import cell_changes, file_changes
from wandb_nb.compare.curve_diff import align
from wandb_nb.compare.value_diff import delta, differing

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from wandb_nb.compare.code_diff import CodeChange
    from wandb_nb.compare.comparison_input import ComparisonInput
    from wandb_nb.compare.curve_diff import AlignedCurves
    from wandb_nb.compare.value_diff import ValueRow
    from wandb_nb.view.message.run_message import Series


@dataclass(frozen=True)
class Comparison:
    """Two or more runs side by side. All tables have one value a run, in the order of *subjects*.

    *config*, *summary* and *git* hold every key, *packages* and *code* only what differs. *code* is there for
    exactly two runs. *keys* are the metrics with curves, in the order of first appearance over all runs.
    """

    subjects: list[ComparisonInput]
    labels: list[str]
    keys: list[str]
    config: list[ValueRow]
    summary: list[ValueRow]
    git: list[ValueRow]
    packages: list[ValueRow]
    code: list[CodeChange]

    def curves(self, key: str) -> list[Series | None]:
        """Return the series of *key*, one a run, None where a run lacks it."""
        return [subject.series.get(key) for subject in self.subjects]

    def aligned(self, key: str) -> AlignedCurves | None:
        """Return the curves of *key* on one axis; see `align`."""
        return align(key, self.curves(key))


def compare(runs: Sequence[ComparisonInput], keys: Collection[str] = ()) -> Comparison:
    """Return what *runs* differ in; with *keys* only those metrics are drawn and told, in the summary as well.

    Raises ValueError for fewer than two runs.
    """
    if len(runs) < 2:  # noqa: PLR2004 - that is what comparing takes
        raise ValueError("a comparison takes two runs or more")
    pair = runs if len(runs) == 2 else None  # noqa: PLR2004
    found = dict.fromkeys(key for one in runs for key in one.series if not key.startswith("_"))
    summary = delta([one.summary for one in runs])
    return Comparison(
        subjects=list(runs),
        labels=subjects.labels([one.run for one in runs]),
        keys=[key for key in found if not keys or key in keys],
        config=delta([one.config for one in runs]),
        summary=[row for row in summary if not keys or row.key in keys],
        git=delta([one.git for one in runs]),
        packages=differing(delta([one.packages for one in runs])) if all(one.packages for one in runs) else [],
        code=code_changes(pair[0], pair[1]) if pair else [],
    )


def code_changes(first: ComparisonInput, second: ComparisonInput) -> list[CodeChange]:
    """Return the cells and files in which two runs differ; cells only where both have a session."""
    starts = (first.run["startTime"], second.run["startTime"])
    cells = cell_changes(first.cells, second.cells, starts) if first.cells and second.cells else []
    return [*cells, *file_changes(first.files, second.files)]
