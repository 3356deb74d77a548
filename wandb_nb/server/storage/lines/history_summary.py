"""The summary of a run computed from its history, when no client has sent one."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wandb_nb.server.storage.lines import line_store
from wandb_nb.store.metrics.definition import from_config
from wandb_nb.store.metrics.definitions import Definitions
from wandb_nb.store.metrics.summary_engine import SummaryEngine

if TYPE_CHECKING:
    from sqlalchemy import Connection

_BATCH_ROWS = 2_000


def history_summary(connection: Connection, run: Any) -> dict[str, Any]:
    """Return the summary of *run*, a row of the table of runs, under the metric definitions in its config."""
    wandb = json.loads(run.config).get("_wandb")
    values = wandb.get("value") if isinstance(wandb, dict) else None
    definitions = Definitions(from_config(values.get("m") if isinstance(values, dict) else None))
    if not definitions.summarized:
        return line_store.last_values(connection, run.id)
    engine, summary, count = SummaryEngine(definitions), dict[str, Any](), 0
    while texts := line_store.lines_from(connection, run.id, line_store.HISTORY, count, _BATCH_ROWS):
        for text in texts:
            engine.take_row(summary, json.loads(text), None)
        count += len(texts)
    return summary
