"""What a run's state says, in the form of a message's header."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import numpy as np

from wandb_nb.view.message.run_message import VERSION, pack, plain
from wandb_nb.view.message.series import MOST_SERIES_SAVED, SeriesSet

if TYPE_CHECKING:
    from wandb_nb.store.reading.run_state import RunState
    from wandb_nb.view.message.run_message import Message, MessageHeader, MetricHeader, RunHeader


class StaticRun:
    """A state that does not change while it is looked at, with the `snapshot` of a `RunStream`."""

    def __init__(self, state: RunState) -> None:
        self._state, self._metrics, self._book = state, definitions(state), SeriesSet()
        self._book.sync(state, self._metrics)

    def snapshot(self, points: int = 4_000) -> Message:
        """Return the run with about *points* points over all series; its writer is taken to be alive."""
        return pack(describe(self._state, None, self._metrics), self._book.whole(points, MOST_SERIES_SAVED))


def empty_header(run: RunHeader) -> MessageHeader:
    """Return the header of a message that tells of *run* and nothing else; who reads it asks for the rest."""
    return {
        "v": VERSION,
        "cursor": "",
        "more": False,
        "done": False,
        "run": run,
        "config": None,
        "summary": None,
        "metrics": None,
        "cells": None,
        "series": [],
    }


def describe(state: RunState, alive: bool | None, metrics: list[MetricHeader]) -> MessageHeader:
    """Return the header that tells of *state*, without series and cursor."""
    return {
        "v": VERSION,
        "cursor": "",
        "more": False,
        "done": state.exit_code is not None or alive is False,
        "run": {
            "id": state.id,
            "name": state.name,
            "project": state.project,
            "entity": state.entity,
            "group": state.group,
            "jobType": state.job_type,
            "notes": state.notes,
            "tags": list(state.tags),
            "state": cast("Any", state.state(alive)),
            "exitCode": state.exit_code,
            "startTime": state.start_time or 0.0,
            "runtime": state.runtime,
            "rows": len(state.table),
            "step": _step(state),
            "url": None,
            "lost": state.unreadable,
        },
        "config": plain(state.config),
        "summary": plain({key: value for key, value in state.summary.items() if key != "_wandb"}),
        "metrics": metrics,
        "cells": [],
        "series": [],
    }


def _step(state: RunState) -> int:
    """Return where the run stands: its last row's step, or the highest where a child's rows were put behind others."""
    steps = state.table.step[-1:]
    if len(steps) and state.table.writer[-1] > 0:
        steps = np.fmax.reduce(state.table.step, keepdims=True)
    return int(steps[0]) if len(steps) and np.isfinite(steps[0]) else state.starting_step


def definitions(state: RunState) -> list[MetricHeader]:
    """Return the metric definitions in the form of a message."""
    return [
        {
            "name": metric.name,
            "glob": metric.is_glob,
            "step": metric.step_metric,
            "goal": cast("Any", metric.goal),
            "hidden": metric.hidden,
        }
        for metric in state.metrics
    ]
