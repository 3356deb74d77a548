"""What queries can reach: the viewer, projects, runs, files."""

from __future__ import annotations

import fnmatch
import json
import mimetypes
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wandb_nb.server.http.file_urls import download_url, upload_url
from wandb_nb.server.query import filters
from wandb_nb.server.storage import (
    alert_store as alerts,
)
from wandb_nb.server.storage import (
    line_store as history,
)
from wandb_nb.server.storage import (
    run_store as runs,
)
from wandb_nb.server.storage import (
    server_ids as names,
)
from wandb_nb.server.storage import (
    users,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from wandb_nb.server.protocol.graphql import Context

_PAGE = 50
_MOST_A_PAGE = 1_000
_MOST_ROWS = 10_000
_MOST_SAMPLES = 10_000
FEATURES = ("LARGE_FILENAMES", "FILESTREAM_GZIP")


class Query:
    """The root of queries."""

    def viewer(self, context: Context) -> ViewerNode:
        return ViewerNode(context.user)

    def server_info(self, _: Context) -> dict[str, Any]:
        return {"features": [{"name": name, "isEnabled": True} for name in FEATURES]}

    def entity(self, _: Context, name: str | None = None) -> dict[str, Any] | None:
        return entity(name) if name else None

    def project(self, context: Context, name: str | None = None, entity_name: str | None = None) -> ProjectNode | None:
        row = runs.find_project(context.connection, context.user, entity_name, name)
        return ProjectNode(row) if row is not None else None

    def model(self, context: Context, name: str | None = None, entity_name: str | None = None) -> ProjectNode | None:
        return self.project(context, name, entity_name)

    def models(
        self, context: Context, entity_name: str | None = None, after: str | None = None, first: int | None = None
    ) -> dict[str, Any]:
        found = runs.list_projects(context.connection, context.user, entity_name)
        return page([ProjectNode(row) for row in found], after, first)


def entity(name: str) -> dict[str, Any]:
    """Return an entity's node."""
    return {"id": names.global_id("Entity", 0), "name": name, "organization": None}


def page(nodes: Sequence[Any], after: str | None, first: int | None) -> dict[str, Any]:
    """Return a page of *nodes* as a connection; a cursor is the count of nodes up to it."""
    start = int(after) if after and after.isdecimal() else 0
    end = start + max(0, min(_PAGE if first is None else first, _MOST_A_PAGE))
    edges = [{"node": node, "cursor": str(number)} for number, node in enumerate(nodes[start:end], start + 1)]
    info = {"endCursor": edges[-1]["cursor"] if edges else None, "hasNextPage": end < len(nodes)}
    return {"edges": edges, "pageInfo": info, "totalCount": len(nodes), "uploadHeaders": []}


class ViewerNode:
    """A user as the API shows one: never with a key."""

    email = deleted_at = None
    flags = json.dumps({"code_saving_enabled": True})

    def __init__(self, user: users.User) -> None:
        self.id = names.global_id("User", user.id)
        self.name = self.username = self.entity = user.name
        self.admin = user.admin
        self.api_keys: dict[str, Any] = {"edges": []}
        self.teams = {"edges": [{"node": entity(user.name)}]}


class ProjectNode:
    """A project."""

    is_benchmark = False

    def __init__(self, row: runs.Project) -> None:
        self.row = row
        self.id = names.global_id("Project", row.id)
        self.internal_id = names.global_id("ProjectInternalId", row.id)
        self.name, self.entity_name = row.name, row.entity
        self.entity = entity(row.entity)
        self.created_at = filters.timestamp(row.created)
        self.access = "USER_READ" if row.open else "PRIVATE"
        self.user = None
        self.read_only = row.right < users.Right.WRITE

    def run(self, context: Context, name: str | None = None) -> RunNode | None:
        row = runs.find_run(context.connection, self.row, name or "")
        return RunNode(row) if row is not None else None

    def bucket(
        self, context: Context, name: str | None = None, missing_ok: bool = True, desc: str | None = None
    ) -> RunNode | None:
        del missing_ok, desc  # what older clients send along
        return self.run(context, name)

    def runs(
        self,
        context: Context,
        filters: str | None = None,
        after: str | None = None,
        first: int | None = None,
        order: str | None = None,
    ) -> dict[str, Any]:
        return page(_listed(context, self.row, filters, order), after, first)

    def run_count(self, context: Context, filters: str | None = None) -> int:
        return len(_listed(context, self.row, filters, None))


def _listed(context: Context, project: runs.Project, text: str | None, order: str | None) -> list[RunNode]:
    tree = filters.parse(text)
    found = (filters.RunValues(row) for row in runs.list_runs(context.connection, project))
    return [RunNode(facts.row) for facts in filters.ordered([f for f in found if filters.fits(f, tree)], order)]


def _line_count(stream: str) -> Callable[[RunNode, Context], int]:
    """Count what a client may go on after: official ones start at what the first upsert answers."""
    return lambda run, context: (
        0 if runs.starts_anew(run.row, stream) else history.count(context.connection, run.row.id, stream)
    )


def _tail(stream: str) -> Callable[[RunNode, Context], str]:
    return lambda run, context: json.dumps(
        [] if runs.starts_anew(run.row, stream) else history.tail(context.connection, run.row.id, stream)
    )


class RunNode:
    """A run. Its columns that need no more are attributes."""

    read_only = False
    history_line_count, events_line_count, log_line_count = map(_line_count, ("history", "events", "output"))
    history_tail, events_tail = map(_tail, ("history", "events"))

    def __init__(self, row: Any) -> None:
        self.row = row
        self.id, self.project_id = names.global_id("Run", row.id), row.project_id
        self.name, self.display_name = row.name, row.display_name
        self.description, self.notes, self.host, self.commit = row.description, row.notes, row.host, row.commit
        self.group = self.group_name = row.group_name
        self.job_type, self.sweep_name = row.job_type, row.sweep
        self.config, self.summary_metrics = row.config, row.summary
        self.state, self.exit_code, self.stopped = row.state, row.exit_code, row.stop
        self.created_at = filters.timestamp(row.created)
        self.heartbeat_at = self.updated_at = filters.timestamp(row.heartbeat)
        self.tags = json.loads(row.tags)

    def user(self, context: Context) -> ViewerNode | None:
        owner = users.user_by_id(context.connection, self.row.user_id)
        return ViewerNode(owner) if owner else None

    def project(self, context: Context) -> ProjectNode:
        return ProjectNode(runs.project_by_number(context.connection, context.user, self.row.project_id))

    def wandb_config(self, _: Context, keys: Sequence[str] | None = None) -> str:
        inner = json.loads(self.row.config).get("_wandb", {})
        inner = inner.get("value", {}) if isinstance(inner, dict) else {}
        return json.dumps({key: value for key, value in inner.items() if keys is None or key in keys})

    def alerts(self, context: Context) -> list[dict[str, Any]]:
        return [
            {
                "title": row.title,
                "text": row.text,
                "severity": row.severity,
                "createdAt": filters.timestamp(row.created),
            }
            for row in alerts.listed(context.connection, self.row.id)
        ]

    def system_metrics(self, context: Context) -> str:
        newest = history.tail(context.connection, self.row.id, "events")
        return newest[0] if newest else "{}"

    def history_keys(self, context: Context) -> dict[str, Any] | None:
        found = history.keys(context.connection, self.row.id)
        return {
            "sets": [],
            "keys": {
                key: {
                    "typeCounts": [{"type": kind, "count": number} for kind, number in kinds.items()],
                    "monotonic": key == "_step",
                    "previousValue": -1,
                }
                for key, kinds in found.counts.items()
            },
            "lastStep": found.last_step,
        }

    def history(
        self, context: Context, min_step: int | None = None, max_step: int | None = None, samples: int | None = None
    ) -> list[str]:
        most = max(0, min(500 if samples is None else samples, _MOST_ROWS))
        if min_step is None and max_step is None:
            return history.sample_lines(context.connection, self.row.id, "history", most)
        first, end = int(min_step or 0), int(2**62 if max_step is None else max_step)
        return history.between(context.connection, self.row.id, first, end, most)

    def events(self, context: Context, samples: int | None = None) -> list[str]:
        most = max(0, min(500 if samples is None else samples, _MOST_ROWS))
        return history.sample_lines(context.connection, self.row.id, "events", most)

    def sampled_history(self, context: Context, specs: Sequence[str]) -> list[Any]:
        return [self._sampled(context, filters.parse(spec)) for spec in specs]

    def _sampled(self, context: Context, spec: dict[str, Any]) -> list[dict[str, Any]]:
        keys, low, high = spec.get("keys") or [], spec.get("minStep"), spec.get("maxStep")
        most = max(1, min(int(spec.get("samples") or 500), _MOST_SAMPLES))
        return history.sample(context.connection, self.row.id, [str(key) for key in keys], most, low, high)

    def parquet_history(self, context: Context, live_keys: Sequence[str] | None = None) -> dict[str, Any]:
        """Return no parquet, and at most 10,000 rows: a client reads the others page by page."""
        del live_keys  # a hint for servers that keep columns
        rows = history.after(context.connection, self.row.id, "history", 0, _MOST_ROWS)
        return {"parquetUrls": [], "liveData": [json.loads(text) for text in rows]}

    def file_count(self, context: Context) -> int:
        return len(runs.list_files(context.connection, self.row))

    def files(
        self,
        context: Context,
        names: Sequence[str | None] | None = None,
        after: str | None = None,
        first: int | None = None,
        pattern: str | None = None,
    ) -> dict[str, Any]:
        """Return the files; those that are named are told even before they exist, as old clients need it."""
        wanted = [name for name in names or () if name]
        found = {row.name: row for row in runs.list_files(context.connection, self.row)}
        if wanted:
            return page([FileNode(context, self.row, name, found.get(name)) for name in wanted], None, _MOST_A_PAGE)
        like = pattern.replace("%", "*") if pattern else "*"
        chosen = [FileNode(context, self.row, name, row) for name, row in found.items() if fnmatch.fnmatch(name, like)]
        return page(chosen, after, first)


@dataclass
class FileNode:
    """A file of a run, kept already or not yet."""

    context: Context
    run: Any
    name: str
    row: Any | None = None

    def id(self, _: Context) -> str:
        return names.global_id(f"File:{self.name}", self.run.id)

    def url(self, context: Context, upload: bool | None = None) -> str:
        return self.upload_url(context) if upload else self.direct_url(context)

    def direct_url(self, context: Context) -> str:
        return download_url(context.base_url, self.run, self.name)

    def upload_url(self, context: Context) -> str:
        runs.run_for_writing(context.connection, context.user, self.run.id)
        return upload_url(context.base_url, context.services.signer, self.run, self.name)

    def size_bytes(self, _: Context) -> int:
        return self.row.size if self.row is not None else 0

    def mimetype(self, _: Context) -> str:
        return mimetypes.guess_type(self.name)[0] or "application/octet-stream"

    def md5(self, _: Context) -> str | None:
        return self.row.md5 if self.row is not None else None

    def updated_at(self, _: Context) -> str | None:
        return filters.timestamp(self.row.updated) if self.row is not None else None
