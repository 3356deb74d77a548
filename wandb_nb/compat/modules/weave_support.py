"""What Weave asks of wandb: where the active run is, and a mark that it is used, of which nothing is recorded.

`wandb.integration.weave` and `wandb.sdk.lib.telemetry`; callbacks of YOLO use the latter too.
"""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

from wandb_nb.tracking.process import active_runs

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["ActiveRunPath", "active_run_path", "context"]


@dataclass(frozen=True)
class ActiveRunPath:
    """Where the active run is on its server."""

    entity: str
    project: str
    run_id: str


def active_run_path() -> ActiveRunPath | None:
    """Return where the active run is on its server; None without a run, and for one that is on no server."""
    run = active_runs.current()
    if run is None or run.disabled or run.offline or not run.entity:
        return None
    return ActiveRunPath(run.entity, run.project, run.id)


@contextmanager
def context(run: Any = None, obj: Any = None) -> Iterator[SimpleNamespace]:
    """Yield an object whose `feature`, `label`, `env` and `imports_init` take any attribute."""
    yield SimpleNamespace(**{part: SimpleNamespace() for part in ("feature", "label", "env", "imports_init")})
