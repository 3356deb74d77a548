"""What mutations do."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import update

from wandb_nb.errors import UsageError
from wandb_nb.server.protocol.queries import FileNode, RunNode
from wandb_nb.server.storage import alert_store, line_store, run_store, server_ids
from wandb_nb.server.storage.history_summary import history_summary
from wandb_nb.server.storage.tables import runs as runs_table

if TYPE_CHECKING:
    from wandb_nb.server.protocol.graphql import Context

_MOST_FILES = 10_000
_LONGEST_FILE_NAME = 1024


class Mutations:
    """The root of mutations. All of a document's changes are kept, or none."""

    def upsert_bucket(self, context: Context, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 - its public name
        row, inserted = run_store.upsert(context.connection, context.user, input, context.order)
        if run_store.overtaken(row, context.order):
            context.extensions["order"] = row.posted
        context.changed.append(row)
        return {"bucket": RunNode(row), "inserted": inserted, "serverSettings": {"serverMessages": []}}

    def create_run_files(self, context: Context, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 - its public name
        run = _named(context, input)
        wanted = input["files"]
        if len(wanted) > _MOST_FILES or any(not 0 < len(name) <= _LONGEST_FILE_NAME for name in wanted):
            raise UsageError(f"At most {_MOST_FILES} files at once, their names 1 to {_LONGEST_FILE_NAME} characters.")
        run = run_store.announce(context.connection, run.id)
        nodes = [FileNode(context, run, name) for name in wanted]
        return {"runID": server_ids.global_id("Run", run.id), "uploadHeaders": [], "files": nodes}

    def delete_run(self, context: Context, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 - its public name
        run = _by_id(context, input)
        context.unused.extend(run_store.delete_run(context.connection, run.id))
        return {}

    def stop_run(self, context: Context, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 - its public name
        run = _by_id(context, input)
        run_store.ask_stop(context.connection, run.id)
        return {"success": True}

    def rewind_run(self, context: Context, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 - its public name
        run = _named(context, input)
        if input.get("metricName") not in {None, "_step"} or input.get("metricValue") is None:
            raise UsageError("A run can be rewound to a value of _step only.")
        if run_store.overtaken(run, context.order):
            context.extensions["order"] = run.posted
            return {"rewoundRun": RunNode(run)}
        line_store.rewind(context.connection, run.id, int(input["metricValue"]))
        summary = json.dumps(history_summary(context.connection, run))
        changed = update(runs_table).where(runs_table.c.id == run.id)
        context.connection.execute(
            changed.values(
                summary=summary,
                state="running",
                exit_code=None,
                rewrites=run.rewrites + 1,
                posted=run.posted if context.order is None else context.order,
            )
        )
        return {"rewoundRun": RunNode(run_store.run_by_number(context.connection, run.id))}

    def notify_scriptable_run_alert(self, context: Context, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 - its public name
        run = _named(context, input)
        alert_store.raise_alert(context.connection, run.id, input)
        return {"success": True}


def _by_id(context: Context, given: dict[str, Any]) -> Any:
    """Return the row of the run with the storage id in *given*, if the user may write there; it is about to change."""
    run = run_store.run_for_writing(context.connection, context.user, server_ids.local_id("Run", given["id"]))
    context.changed.append(run)
    return run


def _named(context: Context, given: dict[str, Any]) -> Any:
    """Return the row of the run that *given* names by entity, project and id, if the user may write there.

    It is about to change.
    """
    project = run_store.find_project(
        context.connection, context.user, given.get("entityName"), given.get("projectName")
    )
    run = run_store.find_run(context.connection, project, given["runName"]) if project is not None else None
    if run is None:
        raise UsageError(f"There is no run {given['runName'][:100]!r} in that project on this server.")
    context.changed.append(run)
    return run_store.run_for_writing(context.connection, context.user, run.id)
