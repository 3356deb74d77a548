"""The root of mutations. Its fields are described in `schema.graphql`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from sqlalchemy import update

from wandb_nb.errors import UsageError
from wandb_nb.server.protocol.artifacts.artifact_mutations import ArtifactMutations
from wandb_nb.server.protocol.file_node import FileNode, parse_file_id
from wandb_nb.server.protocol.nodes import RunNode
from wandb_nb.server.protocol.team_nodes import TeamMutations
from wandb_nb.server.storage import run_store, run_updates, server_ids
from wandb_nb.server.storage.alerts import alert_store
from wandb_nb.server.storage.artifacts import version_store, version_updates
from wandb_nb.server.storage.lines import line_store
from wandb_nb.server.storage.lines.history_summary import history_summary
from wandb_nb.server.storage.project_store import find_project
from wandb_nb.server.storage.shared.run_changes import announce_change
from wandb_nb.server.storage.tables import runs as runs_table

if TYPE_CHECKING:
    from wandb_nb.server.protocol.request_context import RequestContext

_MAX_FILES = 10_000
_MAX_FILE_NAME = 1024
_MAX_STEP = 2**62


class Mutations(ArtifactMutations, TeamMutations):
    """The root of mutations. All changes of a document are committed, or none."""

    def upsert_bucket(self, context: RequestContext, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 -- its public name
        row, inserted = run_updates.upsert_run(context.connection, context.user, input, context.sequence)
        if run_updates.is_outdated(row, context.sequence):
            context.extensions["order"] = row.posted
        announce_change(context.connection, row)
        return {"bucket": RunNode(row), "inserted": inserted, "serverSettings": {"serverMessages": []}}

    def create_run_files(self, context: RequestContext, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 -- its public name
        run = _run_by_name(context, input)
        names = input["files"]
        if len(names) > _MAX_FILES or any(not 0 < len(name) <= _MAX_FILE_NAME for name in names):
            raise UsageError(
                f"a request can name at most {_MAX_FILES} files, each with 1 to {_MAX_FILE_NAME} characters"
            )
        run = run_updates.begin_upload(context.connection, run.id)
        nodes = [FileNode(context, run, name) for name in names]
        return {"runID": server_ids.global_id("Run", run.id), "uploadHeaders": [], "files": nodes}

    def delete_files(self, context: RequestContext, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 -- its public name
        if len(input["files"]) > _MAX_FILES:
            raise UsageError(f"a request can delete at most {_MAX_FILES} files")
        for run_id, name in map(parse_file_id, input["files"]):
            run = run_store.run_for_writing(context.connection, context.user, run_id)
            context.deleted_blobs.extend(run_store.delete_file(context.connection, run.id, name))
            announce_change(context.connection, run)
        return {"success": True}

    def delete_run(self, context: RequestContext, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 -- its public name
        run = _run_by_id(context, input)
        context.deleted_runs.append(run)
        if input.get("deleteArtifacts"):
            output = version_store.output_ids(context.connection, run.id)
            context.deleted_blobs.extend(version_updates.delete_artifacts(context.connection, output))
        context.deleted_blobs.extend(run_store.delete_run(context.connection, run.id))
        return {}

    def stop_run(self, context: RequestContext, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 -- its public name
        run = _run_by_id(context, input)
        run_store.request_stop(context.connection, run.id)
        return {"success": True}

    def rewind_run(self, context: RequestContext, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 -- its public name
        run = _run_by_name(context, input)
        if input.get("metricName") not in {None, "_step"} or input.get("metricValue") is None:
            raise UsageError("a run can be rewound only to a value of _step")
        if run_updates.is_outdated(run, context.sequence):
            context.extensions["order"] = run.posted
            return {"rewoundRun": RunNode(run)}
        step = max(-_MAX_STEP, min(int(input["metricValue"]), _MAX_STEP))
        line_store.rewind(context.connection, run.id, step)
        summary = json.dumps(history_summary(context.connection, run))
        changed = update(runs_table).where(runs_table.c.id == run.id)
        context.connection.execute(
            changed.values(
                summary=summary,
                state="running",
                exit_code=None,
                rewrites=run.rewrites + 1,
                posted=run.posted if context.sequence is None else context.sequence,
            )
        )
        return {"rewoundRun": RunNode(run_store.run_by_id(context.connection, run.id))}

    def notify_scriptable_run_alert(self, context: RequestContext, input: dict[str, Any]) -> dict[str, Any]:  # noqa: A002 -- its public name
        run = _run_by_name(context, input)
        alert_store.add_alert(context.connection, run.id, input)
        return {"success": True}


def _run_by_id(context: RequestContext, values: dict[str, Any]) -> Any:
    """Return the row of the run whose storage id is in *values*, for changing it.

    Raises:
        PermissionDeniedError: There is no such run, or the user may not change it.

    """
    run_id = server_ids.parse_global_id("Run", values["id"])
    run = run_store.run_for_writing(context.connection, context.user, run_id)
    announce_change(context.connection, run)
    return run


def _run_by_name(context: RequestContext, values: dict[str, Any]) -> Any:
    """Return the row of the run that *values* names by entity, project and run, for changing it.

    Raises:
        UsageError: There is no such run.
        PermissionDeniedError: The user may not change it.

    """
    project = find_project(context.connection, context.user, values.get("entityName"), values.get("projectName"))
    run = run_store.find_run(context.connection, project, values["runName"]) if project is not None else None
    if run is None:
        raise UsageError(f"there is no run {values['runName'][:100]!r} in this project on this server")
    announce_change(context.connection, run)
    return run_store.run_for_writing(context.connection, context.user, run.id)
