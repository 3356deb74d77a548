"""What a run that continues another one starts from."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wandb_nb.store.kinds import Metric


@dataclass(frozen=True)
class Earlier:
    """The end of the run's earlier part; the defaults are those of a run that has none."""

    run_id: str = ""
    name: str = ""
    project: str | None = None
    entity: str | None = None
    group: str | None = None
    job_type: str | None = None
    notes: str | None = None
    tags: tuple[str, ...] = ()
    next_step: int = 0
    runtime: float = 0.0
    config: Mapping[str, Any] = field(default_factory=dict)
    summary: Mapping[str, Any] = field(default_factory=dict)
    metrics: tuple[Metric, ...] = ()
