"""The summary of a run computed from its history, when no client has sent one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb.server.storage.lines import line_store
from wandb_nb.store.metrics.definition import from_config
from wandb_nb.store.metrics.definitions import Definitions
from wandb_nb.store.metrics.summary_engine import SummaryEngine
from wandb_nb.untrusted_json import load_object, load_objects, wandb_values

if TYPE_CHECKING:
    from sqlalchemy import Connection

_BATCH_ROWS = 2_000


def history_summary(connection: Connection, run: Any) -> dict[str, Any]:
    """Return the summary of *run*, a row of the table of runs, under the metric definitions in its config."""
    definitions = Definitions(from_config(wandb_values(load_object(run.config) or {}).get("m")))
    if not definitions.summarized:
        return line_store.last_values(connection, run.id)
    engine, summary, count = SummaryEngine(definitions), dict[str, Any](), 0
    while texts := line_store.lines_from(connection, run.id, line_store.HISTORY, count, _BATCH_ROWS):
        for row in load_objects(texts):
            engine.take_row(summary, row, None)
        count += len(texts)
    return summary
