"""`Runs`: the runs of a project that pass a filter, in order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from wandb_nb.errors import UsageError
from wandb_nb.public_api.api_run import ApiRun
from wandb_nb.public_api.lazy_sequence import LazySequence

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from wandb_nb.public_api.run_storage import Row, RunCatalog, RunQuery, Stream


class Runs(LazySequence[ApiRun]):
    """The runs, read page by page while they are asked for. `len()` reads the first page only."""

    def __init__(self, catalog: RunCatalog, query: RunQuery) -> None:
        self._catalog, self._query = catalog, query
        self.entity, self.project = query.entity, query.project
        self._count: int | None = None
        super().__init__()

    def _items(self) -> Iterator[ApiRun]:
        self._count, runs = self._catalog.runs(self._query)
        return map(ApiRun, runs)

    def __len__(self) -> int:
        if self._count is None:
            self._read_up_to(0)
        return self._count or 0

    def __repr__(self) -> str:
        return f"<Runs {self.entity}/{self.project}>"

    def histories(
        self,
        samples: int = 500,
        keys: Sequence[str] | None = None,
        x_axis: str = "_step",
        format: Literal["default", "pandas"] = "default",  # noqa: A002 -- W&B's name
        stream: Stream = "default",
    ) -> list[Row] | pd.DataFrame:
        """Return the sampled history of every run, each row with its `run_id`.

        Args:
            samples: Rows of each run at most.
            keys: Only these values, of the rows that have all of them.
            x_axis: The value that the rows are sorted by within a run.
            format: "default" for a list of dicts, "pandas" for a frame.
            stream: "default" for logged rows, "system" for system metrics.

        Raises:
            UsageError: *format* is neither of the two.

        """
        if format not in {"default", "pandas"}:
            raise UsageError(f"format={format!r} is not supported: choose 'default' or 'pandas'")
        rows = [{**row, "run_id": run.id} for run in self for row in run.sampled_rows(samples, keys, x_axis, stream)]
        if format == "default":
            return rows
        from wandb_nb.store.runs.frame import from_rows

        return from_rows(rows)
