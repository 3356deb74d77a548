"""`Run.define_metric`: from its arguments to a definition in the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wandb_nb.store.metrics.definition import Metric, check_name, parse_kinds

if TYPE_CHECKING:
    from wandb_nb.tracking.session.run_session import RunSession


def define_metric(  # noqa: PLR0917 -- the arguments of `Run.define_metric`
    session: RunSession,
    name: str,
    step_metric: str | None,
    step_sync: bool | None,
    hidden: bool | None,
    summary: str | None,
    goal: str | None,
    overwrite: bool | None,
) -> Metric:
    """Define the metric in the run of *session*; see `Run.define_metric`.

    Raises:
        UsageError: The name or an option is not possible.
        RunFinishedError: The run has finished.

    """
    check_name(name, "name")
    if step_metric is not None:
        check_name(step_metric, "step_metric", reserved=True)
    kinds = parse_kinds(summary, goal or (None if overwrite else session.goal_of(name)), name)
    synced = step_metric is not None if step_sync is None else step_sync
    metric = Metric(name, step_metric, synced, bool(hidden), kinds, goal)
    session.expect_running("define_metric()")
    session.features.add("metric", *("metric_summary",) * bool(kinds), *("metric_hidden",) * bool(hidden))
    session.logger.define(metric, overwrite=bool(overwrite))
    return metric
