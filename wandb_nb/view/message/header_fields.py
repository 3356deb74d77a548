"""The header of one run, the same wherever it comes from. Needs no numpy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from wandb_nb.view.message.run_message import MessageHeader, RunHeader

VERSION = 1
MIME = "application/vnd.wandb-nb.run+json"
COMPARISON_MIME = "application/vnd.wandb-nb.comparison+json"
LINK_MIME = "application/vnd.wandb-nb.link+json"


def run_header(  # noqa: D417 -- the others are fields of the header
    run: Any, *, state: str, exit_code: int | None, rows: int, step: int, lost: int, url: str | None = None
) -> RunHeader:
    """Return the header of *run*: a `RunState`, or an active run, which have these names in common.

    Args:
        step: The step of the last row, or where a run without rows starts.
        lost: Rows or records that could not be stored or read.

    """
    return {
        "id": run.id,
        "name": run.name,
        "project": run.project,
        "entity": run.entity or "",
        "group": run.group or "",
        "jobType": run.job_type or "",
        "notes": run.notes or "",
        "tags": list(run.tags),
        "state": cast("Any", state),
        "exitCode": exit_code,
        "startTime": run.start_time or 0.0,
        "runtime": run.runtime,
        "rows": rows,
        "step": step,
        "url": url,
        "lost": lost,
        "error": None,
        "cellRunning": None,
        "sync": None,
        "remarks": None,
    }


def empty_header(run: RunHeader) -> MessageHeader:
    """Return the header of a message that contains *run* only; its reader requests the rest."""
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
        "heatmaps": None,
        "texts": None,
        "media": None,
        "plots": None,
        "artifacts": None,
    }
