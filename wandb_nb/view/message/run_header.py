"""The header of a message, from the state of a run."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from wandb_nb.store.reading.derived_summary import POSITION_KEYS
from wandb_nb.view.message.header_fields import VERSION, run_header
from wandb_nb.view.message.run_message import pack, plain
from wandb_nb.view.message.series import MAX_SAVED_SERIES, SeriesSet
from wandb_nb.view.objects.logged_objects import LoggedObjects
from wandb_nb.view.objects.logged_plots import plot_headers

if TYPE_CHECKING:
    from wandb_nb.store.reading.run_state import RunState
    from wandb_nb.view.message.run_message import Message, MessageHeader, MetricHeader


class StaticRun:
    """A state that no longer changes, with the `snapshot` of a `RunStream`."""

    def __init__(self, state: RunState) -> None:
        self._state, self._metrics, self._series = state, definitions(state), SeriesSet()
        self._series.sync(state, self._metrics)

    def snapshot(self, points: int = 4_000, media_steps: int = 1) -> Message:
        """Return the run with about *points* points over all series; its writer is taken to be alive.

        It has media of the last *media_steps* steps of each metric.
        """
        header, series = describe(self._state, None, self._metrics), self._series.whole(points, MAX_SAVED_SERIES)
        objects = LoggedObjects(self._state.table, self._state.config_wandb)
        texts, media = objects.saved_texts(), objects.saved_media(media_steps)
        return pack({**header, "texts": texts, "media": media}, series, objects.saved_heatmaps(points))


def describe(state: RunState, alive: bool | None, metrics: list[MetricHeader]) -> MessageHeader:
    """Return the header of a message about *state*, without series and cursor."""
    return {
        "v": VERSION,
        "cursor": "",
        "more": False,
        "done": state.exit_code is not None or alive is False,
        "run": run_header(
            state,
            state=state.state(alive),
            exit_code=state.exit_code,
            rows=len(state.table),
            step=state.last_step,
            lost=state.unreadable,
        ),
        "config": plain(state.config),
        "summary": plain({key: value for key, value in state.summary.items() if key != "_wandb"}),
        "metrics": metrics,
        "cells": [],
        "series": [],
        "heatmaps": None,
        "texts": None,
        "media": None,
        "plots": plot_headers(state.config_wandb),
        "artifacts": [],
    }


def definitions(state: RunState) -> list[MetricHeader]:
    """Return the metric definitions in the form of a message."""
    return [
        {
            "name": metric.name,
            "glob": metric.is_glob,
            "step": None if metric.step_metric in POSITION_KEYS else metric.step_metric,  # every chart has these axes
            "goal": cast("Any", metric.goal),
            "hidden": metric.hidden,
        }
        for metric in state.metrics
    ]
