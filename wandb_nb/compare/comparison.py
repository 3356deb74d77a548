"""`Comparison`: the differences between two or more runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wandb_nb.compare.code_diff import CodeChange, cell_changes, file_changes
from wandb_nb.compare.comparison_input import run_labels, run_name
from wandb_nb.compare.curve_diff import align
from wandb_nb.compare.legend import legend_labels
from wandb_nb.compare.value_diff import ABSENT, ValueRow, differing, value_rows
from wandb_nb.view.run_text import newest_media

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from wandb_nb.compare.comparison_input import ComparisonInput
    from wandb_nb.compare.curve_diff import AlignedCurves
    from wandb_nb.view.message.run_message import Series


@dataclass(frozen=True)
class Comparison:
    """Two or more runs side by side. All tables have one value per run, in the order of *inputs*.

    *legend* has one label per run that shows what differs in the config. *config*, *summary* and *git* hold every
    key, *packages* and *code* only the differences. *code* is empty unless there are exactly two runs. *keys* are the
    metrics with curves, in the order of first appearance in any run. *media* holds every key with media, and what its
    newest step has in words.
    """

    inputs: list[ComparisonInput]
    labels: list[str]
    legend: list[str]
    keys: list[str]
    config: list[ValueRow]
    summary: list[ValueRow]
    git: list[ValueRow]
    packages: list[ValueRow]
    code: list[CodeChange]
    media: list[ValueRow]

    @property
    def summary_values(self) -> list[ValueRow]:
        """The rows of *summary* without media, which are named in *media* and compared by their pictures."""
        media = {row.key for row in self.media}
        return [row for row in self.summary if row.key not in media]

    def curves(self, key: str) -> list[Series | None]:
        """Return the series of *key*, one per run, None for a run without it."""
        return [one.series.get(key) for one in self.inputs]

    def aligned(self, key: str) -> AlignedCurves | None:
        """Return the curves of *key* on one axis; see `align`."""
        return align(key, self.curves(key))


def compare(runs: Sequence[ComparisonInput], keys: Collection[str] = ()) -> Comparison:
    """Return the differences between *runs*; *keys* limit the metrics, in the summary as well.

    Raises:
        ValueError: There are fewer than two runs.

    """
    if len(runs) < 2:  # noqa: PLR2004 -- a pair
        raise ValueError("a comparison needs at least two runs")
    pair = runs if len(runs) == 2 else None  # noqa: PLR2004 -- a pair
    metrics = dict.fromkeys(key for one in runs for key in one.series if not key.startswith("_"))
    summary = value_rows([one.summary for one in runs])
    labels, config = run_labels([one.run for one in runs]), value_rows([one.config for one in runs])
    return Comparison(
        inputs=list(runs),
        labels=labels,
        legend=legend_labels([run_name(one.run) for one in runs], labels, config),
        keys=[key for key in metrics if not keys or key in keys],
        config=config,
        summary=[row for row in summary if not keys or row.key in keys],
        git=value_rows([one.git for one in runs]),
        packages=differing(value_rows([one.packages for one in runs])) if all(one.packages for one in runs) else [],
        code=code_changes(pair[0], pair[1]) if pair else [],
        media=[row for row in _media_rows(runs) if not keys or row.key in keys],
    )


def _media_rows(runs: Sequence[ComparisonInput]) -> list[ValueRow]:
    """Return one row per key with media, with the words of its newest step in each run."""
    words = [{one["key"]: newest_media(one) for one in run.newest_media} for run in runs]
    return [
        ValueRow(key, tuple(one.get(key, ABSENT) for one in words))
        for key in dict.fromkeys(key for one in words for key in one)
    ]


def code_changes(first: ComparisonInput, second: ComparisonInput) -> list[CodeChange]:
    """Return the cells and files that differ between two runs; cells only if both have a session.

    What cannot be read comes first, as changes without lines of code.
    """
    starts = (first.run["startTime"], second.run["startTime"])
    cells = cell_changes(first.cells, second.cells, starts) if first.cells and second.cells else []
    return [*_problem_changes([first, second]), *cells, *file_changes(first.files, second.files)]


def _problem_changes(inputs: Sequence[ComparisonInput]) -> list[CodeChange]:
    """Return one change for each run with code that cannot be read."""
    labels = run_labels([one.run for one in inputs])
    return [
        CodeChange(f"code of {label}", "changed", [f"@ {problem}" for problem in one.problems])
        for one, label in zip(inputs, labels, strict=True)
        if one.problems
    ]
