"""The state with which a run starts that continues another one, or an earlier part of itself."""

from __future__ import annotations

from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wandb_nb.store.metrics.definition import Metric
    from wandb_nb.store.metrics.summary_engine import Statistics
    from wandb_nb.store.runs.registry import RunEntry


class ResumeState(NamedTuple):
    """The previous part of a run, up to where it is continued; the defaults are those of a run without one.

    *branch* is the run and its step at which a rewound or forked run continues. *statistics* lets the summary engine
    continue.
    """

    run_id: str = ""
    name: str = ""
    project: str | None = None
    entity: str | None = None
    group: str | None = None
    job_type: str | None = None
    notes: str | None = None
    tags: tuple[str, ...] = ()
    next_step: int = 0
    last_step: int = -1
    runtime: float = 0.0
    config: Mapping[str, Any] = MappingProxyType({})
    summary: Mapping[str, Any] = MappingProxyType({})
    metrics: tuple[Metric, ...] = ()
    statistics: Mapping[str, Statistics] = MappingProxyType({})
    branch: tuple[str, int] | None = None
    attempt: int = 0
    """The attempt that the next row belongs to."""

    def forked(self) -> ResumeState:
        """Return what another run inherits: everything except the identity."""
        return self._replace(run_id="", name="", notes=None, tags=())

    def cut(self, step: int, summary: Mapping[str, Any]) -> ResumeState:
        """Return the run as it was at *step*, with the *summary* of that step."""
        return self._replace(next_step=step + 1, last_step=step, summary=summary, branch=(self.run_id, step))


def read(entry: RunEntry, upto: int | None = None) -> ResumeState:
    """Return the run of *entry* at its end, or at step *upto*.

    Raises StoreError when its files cannot be read.
    """
    from wandb_nb.store.reading.run_state import replayed
    from wandb_nb.store.runs.run_chain import RunPart, parts
    from wandb_nb.store.runs.run_source import sources  # loads numpy, which only a resumed run has to

    chain = parts(Path(entry.path))
    if upto is not None:
        chain = [RunPart(part.folder, upto if part.upto is None else min(upto, part.upto)) for part in chain]
    files = list(sources(chain))
    for file in files:
        file.tail.finalize()
    state = replayed(files)
    steps = state.table.step
    last = int(steps.max()) if len(steps) else state.starting_step - 1
    return ResumeState(
        run_id=entry.id,
        name=state.name if upto is None else entry.name,
        project=state.project or None,
        entity=state.entity or None,
        group=state.group or None,
        job_type=state.job_type or None,
        notes=state.notes or None,
        tags=tuple(state.tags),
        next_step=last + 1 if upto is None else upto + 1,
        last_step=last,
        runtime=state.runtime,
        config=state.config,
        summary=dict(state.summary),
        metrics=tuple(state.metrics),
        statistics=state.statistics,
        branch=None if upto is None else (entry.id, upto),
        attempt=int(state.table.attempt.max()) if len(steps) else 0,
    )
