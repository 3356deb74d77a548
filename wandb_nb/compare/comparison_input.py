"""`ComparisonInput`: one run of a comparison, from a run directory or from a server."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from wandb_nb.formatting import clean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from wandb_nb.store.reading.executed_cells import Cell
    from wandb_nb.view.message.run_message import Message, RunHeader, Series
    from wandb_nb.view.objects.logged_media import MediaSeries
    from wandb_nb.view.previews.saved_media import SavedMedia


@dataclass(frozen=True)
class ComparisonInput:
    """A run to compare.

    *message* holds header, config, summary and series. *cells* are those that its notebook executed, oldest first;
    *files* its source files, path to text; *git* and *packages* map names to texts. Empty parts are not compared.
    *problems* are sentences on code that cannot be read. *media* makes small copies of the run's media, where its files
    are on this machine.
    """

    message: Message
    cells: Sequence[Cell] = ()
    files: Mapping[str, str] = field(default_factory=dict)
    git: Mapping[str, str] = field(default_factory=dict)
    packages: Mapping[str, str] = field(default_factory=dict)
    problems: Sequence[str] = ()
    media: SavedMedia | None = None

    @property
    def run(self) -> RunHeader:
        """The header of the run."""
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
    def newest_media(self) -> list[MediaSeries]:
        """The media of each metric at its newest step."""
        series = [one for one in self.message.header["media"] or [] if one["rows"]]
        return [cast("MediaSeries", {**one, "rows": one["rows"][-1:]}) for one in series]

    @property
    def series(self) -> dict[str, Series]:
        """The metrics that have points, by key, in the order of their first appearance."""
        return {one.key: one for one in self.message.series() if len(one.value)}


def run_name(run: RunHeader) -> str:
    """Return the name of *run* in legends, its id if it has none."""
    return clean(run["name"] or run["id"], 40)


def run_labels(runs: Sequence[RunHeader]) -> list[str]:
    """Return the labels of *runs* in a legend: the name, with the id if several runs have the name.

    If a run occurs twice, its labels are numbered.
    """
    names = [run_name(run) for run in runs]
    shared = {name for name, count in Counter(names).items() if count > 1}
    ids = [clean(run["id"], 40) for run in runs]
    texts = [f"{name} ({own})" if name in shared else name for name, own in zip(names, ids, strict=True)]
    return [label if texts.count(label) == 1 else f"{label} #{at}" for at, label in enumerate(texts, 1)]
