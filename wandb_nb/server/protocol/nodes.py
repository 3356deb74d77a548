"""The nodes of projects and runs. Fields without a docstring are described in `schema.graphql`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from wandb_nb.run_filters.filters import matches, parse_filter
from wandb_nb.run_filters.run_order import sort_runs
from wandb_nb.run_filters.run_values import RunValues, timestamp
from wandb_nb.server.protocol import run_history
from wandb_nb.server.protocol.connections import UserNode, connection_page
from wandb_nb.server.protocol.file_node import files_page
from wandb_nb.server.protocol.team_nodes import EntityNode
from wandb_nb.server.storage import run_store, users
from wandb_nb.server.storage.alerts import alert_store
from wandb_nb.server.storage.lines import line_store
from wandb_nb.server.storage.project_store import project_by_id
from wandb_nb.server.storage.run_updates import is_restarted
from wandb_nb.server.storage.server_ids import global_id
from wandb_nb.untrusted_json import load_object, wandb_values

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wandb_nb.server.protocol.request_context import RequestContext
    from wandb_nb.server.storage.project_store import Project


class ProjectNode:
    """A project."""

    is_benchmark = False

    def __init__(self, row: Project) -> None:
        self.row = row
        self.id = global_id("Project", row.id)
        self.internal_id = global_id("ProjectInternalId", row.id)
        self.name, self.entity_name = row.name, row.entity
        self.entity = EntityNode(row.entity)
        self.created_at = timestamp(row.created)
        self.access = "USER_READ" if row.open else "PRIVATE"
        self.user = None
        self.read_only = row.right < users.Right.WRITE

    def run(self, context: RequestContext, name: str | None = None) -> RunNode | None:
        row = run_store.find_run(context.connection, self.row, name or "")
        return RunNode(row) if row is not None else None

    def bucket(
        self, context: RequestContext, name: str | None = None, missing_ok: bool = True, desc: str | None = None
    ) -> RunNode | None:
        del missing_ok, desc  # sent by older clients
        return self.run(context, name)

    def runs(
        self,
        context: RequestContext,
        filters: str | None = None,
        after: str | None = None,
        first: int | None = None,
        order: str | None = None,
    ) -> dict[str, Any]:
        return connection_page(_filtered_runs(context, self.row, filters, order), after, first)

    def run_count(self, context: RequestContext, filters: str | None = None) -> int:
        return len(_filtered_runs(context, self.row, filters, None))


def _filtered_runs(context: RequestContext, project: Project, text: str | None, order: str | None) -> list[RunNode]:
    tree = parse_filter(text)
    selected = []
    for row in run_store.list_runs(context.connection, project):
        context.budget.check_time()
        if matches(run := RunValues(row), tree):
            selected.append(run)
    return [RunNode(run.row) for run in sort_runs(selected, order)]


def _line_count(stream: str) -> Callable[[RunNode, RequestContext], int]:
    """Count the lines after which a client continues: official ones start at what the first upsert answers."""
    return lambda run, context: (
        0 if is_restarted(run.row, stream) else line_store.count(context.connection, run.row.id, stream)
    )


def _tail(stream: str) -> Callable[[RunNode, RequestContext], str]:
    return lambda run, context: json.dumps(
        [] if is_restarted(run.row, stream) else line_store.tail(context.connection, run.row.id, stream)
    )


class RunNode:
    """A run. Values of its row are attributes, values that need a query are methods."""

    type_name = "Run"
    read_only = False
    history_line_count, events_line_count, log_line_count = map(_line_count, ("history", "events", "output"))
    history_tail, events_tail = map(_tail, ("history", "events"))

    def __init__(self, row: Any) -> None:
        self.row = row
        self.id, self.project_id = global_id("Run", row.id), row.project_id
        self.name, self.display_name = row.name, row.display_name
        self.description, self.notes, self.host, self.commit = row.description, row.notes, row.host, row.commit
        self.group = self.group_name = row.group_name
        self.job_type, self.sweep_name = row.job_type, row.sweep
        self.config, self.summary_metrics = row.config, row.summary
        self.state, self.exit_code, self.stopped = row.state, row.exit_code, row.stop
        self.created_at = timestamp(row.created)
        self.heartbeat_at = self.updated_at = timestamp(row.heartbeat)
        self.tags = RunValues(row).tags

    def user(self, context: RequestContext) -> UserNode | None:
        owner = users.user_by_id(context.connection, self.row.user_id)
        return UserNode(owner) if owner else None

    def project(self, context: RequestContext) -> ProjectNode:
        return ProjectNode(project_by_id(context.connection, context.user, self.row.project_id))

    def wandb_config(self, _: RequestContext, keys: Sequence[str] | None = None) -> str:
        values = wandb_values(load_object(self.row.config) or {})
        return json.dumps({key: value for key, value in values.items() if keys is None or key in keys})

    def alerts(self, context: RequestContext) -> list[dict[str, Any]]:
        return [
            {
                "title": row.title,
                "text": row.text,
                "severity": row.severity,
                "createdAt": timestamp(row.created),
            }
            for row in alert_store.list_alerts(context.connection, self.row.id)
        ]

    def system_metrics(self, context: RequestContext) -> str:
        newest = line_store.tail(context.connection, self.row.id, "events")
        return newest[0] if newest else "{}"

    def history_keys(self, context: RequestContext) -> dict[str, Any]:
        return run_history.keys_field(context.connection, self.row.id)

    def history(
        self,
        context: RequestContext,
        min_step: int | None = None,
        max_step: int | None = None,
        samples: int | None = None,
    ) -> list[str]:
        return run_history.history_lines(context.connection, self.row.id, min_step, max_step, samples)

    def events(self, context: RequestContext, samples: int | None = None) -> list[str]:
        return run_history.event_lines(context.connection, self.row.id, samples)

    def sampled_history(self, context: RequestContext, specs: Sequence[str]) -> list[Any]:
        return [run_history.sampled_rows(context, self.row.id, spec) for spec in specs]

    def parquet_history(self, context: RequestContext, live_keys: Sequence[str] | None = None) -> dict[str, Any]:
        del live_keys  # a hint for servers that store columns
        return run_history.parquet_field(context, self.row.id)

    def file_count(self, context: RequestContext) -> int:
        return len(run_store.list_files(context.connection, self.row))

    def files(
        self,
        context: RequestContext,
        names: Sequence[str | None] | None = None,
        after: str | None = None,
        first: int | None = None,
        pattern: str | None = None,
    ) -> dict[str, Any]:
        return files_page(context, self.row, names, after, first, pattern)
