"""The GraphQL operations that a run needs, by their names on the server."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import AuthenticationError, CommError, RefusedError
from wandb_nb.run_names import DEFAULT_PROJECT
from wandb_nb.sync.http.answers import as_count, as_list, as_name, as_object, as_text, well_formed
from wandb_nb.sync.http.queries.artifact_queries import ARTIFACT_QUERIES
from wandb_nb.sync.http.queries.artifact_read_queries import ARTIFACT_READ_QUERIES
from wandb_nb.sync.http.queries.read_queries import READ_QUERIES
from wandb_nb.sync.http.transport import Request, error_message, is_final_for_query, is_final_for_upsert

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from wandb_nb.store.format.record_types import RunRecord
    from wandb_nb.sync.http.network import Network
    from wandb_nb.sync.http.request_sequence import RequestSequence
from wandb_nb.sync.http.transport import RequestSender

_BUCKET = """id name displayName description config sweepName
      project { id name entity { id name } } historyLineCount"""
UPSERT_VARIABLES = {
    "id": "String",
    "name": "String",
    "project": "String",
    "entity": "String",
    "groupName": "String",
    "description": "String",
    "displayName": "String",
    "notes": "String",
    "commit": "String",
    "config": "JSONString",
    "host": "String",
    "debug": "Boolean",
    "program": "String",
    "repo": "String",
    "jobType": "String",
    "state": "String",
    "sweep": "String",
    "tags": "[String!]",
    "summaryMetrics": "JSONString",
}
_RENAMED = {"project": "modelName", "entity": "entityName", "program": "jobProgram", "repo": "jobRepo"}
_UPSERT_DECLARED = ", ".join(f"${name}: {kind}" for name, kind in UPSERT_VARIABLES.items())
_UPSERT_INPUT = ", ".join(f"{_RENAMED.get(name, name)}: ${name}" for name in UPSERT_VARIABLES)
MAX_ROWS = 1000
"""Rows that one request for history asks for."""

QUERIES = {
    **ARTIFACT_QUERIES,
    **ARTIFACT_READ_QUERIES,
    **READ_QUERIES,
    "Viewer": "query Viewer { viewer { id entity username email flags teams { edges { node { name } } } } }",
    "CreateAnonymousEntity": """mutation CreateAnonymousEntity {
  createAnonymousEntity(input: {}) { apiKey { id name } }
}""",
    "Project": "query Project($name: String, $entity: String) { project(name: $name, entityName: $entity) { id } }",
    "ServerFeaturesQuery": "query ServerFeaturesQuery { serverInfo { features { name isEnabled } } }",
    "UpsertBucket": f"""mutation UpsertBucket({_UPSERT_DECLARED}) {{
  upsertBucket(input: {{{_UPSERT_INPUT}}}) {{
    bucket {{ {_BUCKET} }}
    inserted
  }}
}}""",
    "RunResumeStatus": """query RunResumeStatus($project: String, $entity: String, $name: String!) {
  model(name: $project, entityName: $entity) {
    id name entity { id name }
    bucket(name: $name, missingOk: true) {
      id name summaryMetrics displayName logLineCount historyLineCount eventsLineCount historyTail eventsTail
      config tags notes wandbConfig(keys: ["t"])
    }
  }
}""",
    "CreateRunFiles": """mutation CreateRunFiles(
  $entity: String!, $project: String!, $run: String!, $files: [String!]!
) {
  createRunFiles(input: {entityName: $entity, projectName: $project, runName: $run, files: $files}) {
    runID uploadHeaders files { name uploadUrl }
  }
}""",
    "NotifyScriptableRunAlert": """mutation NotifyScriptableRunAlert(
  $entityName: String!, $projectName: String!, $runName: String!, $title: String!, $text: String!,
  $severity: AlertSeverity, $waitDuration: Duration
) {
  notifyScriptableRunAlert(input: {
    entityName: $entityName, projectName: $projectName, runName: $runName, title: $title, text: $text,
    severity: $severity, waitDuration: $waitDuration
  }) { success }
}""",
    "RunFiles": """query RunFiles($project: String!, $entity: String!, $name: String!, $files: [String]!) {
  project(name: $project, entityName: $entity) {
    run(name: $name) { files(names: $files, first: 10) { edges { node { name directUrl } } } }
  }
}""",
    "HistoryPage": """query HistoryPage(
  $entity: String!, $project: String!, $run: String!, $minStep: Int64!, $maxStep: Int64!, $pageSize: Int!
) {
  project(name: $project, entityName: $entity) {
    run(name: $run) { history(minStep: $minStep, maxStep: $maxStep, samples: $pageSize) }
  }
}""",
    "RewindRun": f"""mutation RewindRun(
  $runName: String!, $entity: String, $project: String, $metricName: String!, $metricValue: Float!
) {{
  rewindRun(input: {{
    runName: $runName, entityName: $entity, projectName: $project, metricName: $metricName, metricValue: $metricValue
  }}) {{ rewoundRun {{ {_BUCKET} }} }}
}}""",
}

_RESUME_FIELDS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("historyLineCount", "eventsLineCount", "logLineCount"), as_count),
    **dict.fromkeys(("id", "name", "displayName"), as_name),
    **dict.fromkeys(("config", "summaryMetrics", "historyTail", "eventsTail", "notes"), as_text),
    "tags": lambda tags: [as_name(tag) for tag in as_list(tags)],
}


@dataclass(frozen=True)
class Bucket:
    """A run by its names on the server."""

    id: str
    entity: str
    project: str
    name: str
    display_name: str
    inserted: bool
    rows: int = 0
    """Lines of history that it has."""


class GraphQLClient:
    """Client of one server. Raises what `RequestSender.send` does, and RefusedError for errors in an answer."""

    def __init__(self, network: Network, sender: RequestSender) -> None:
        self._network, self._sender = network, sender
        self._url = f"{network.base_url}/graphql"
        self.headers = {**authorization(network.key), "Content-Type": "application/json"}

    def execute(self, operation: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Run *operation* and return its data."""
        with well_formed(self._network.base_url, operation):
            return as_object(self._execute(operation, variables, {}).get("data"))

    def _execute(self, operation: str, variables: Mapping[str, Any] | None, headers: dict[str, str]) -> dict[str, Any]:
        body = {"query": QUERIES[operation], "variables": variables, "operationName": operation}
        retry = self._network.graphql
        request = Request(
            "POST", self._url, {**self.headers, **headers}, json.dumps(body).encode(), retry.timeout_seconds
        )
        is_final = is_final_for_upsert if operation == "UpsertBucket" else is_final_for_query
        answer = self._sender.send(request, retry, is_final)
        try:
            content = answer.json()
        except ValueError as error:
            raise CommError(f"{self._network.base_url} answered {operation} with something that is not JSON") from error
        with well_formed(self._network.base_url, operation):
            if as_object(content).get("errors"):
                raise RefusedError(error_message(answer), answer.status)
            return as_object(content)

    def viewer(self) -> dict[str, Any]:
        """Return the account of the key: `entity`, `username`, `email`, `flags`, and the names of its `teams`."""
        data = self.execute("Viewer")
        with well_formed(self._network.base_url, "Viewer"):
            viewer = as_object(data.get("viewer"))
            names = {name: as_name(viewer[name]) for name in ("entity", "username", "email") if viewer.get(name)}
            edges = as_list(as_object(viewer.get("teams")).get("edges"))
            teams = [as_name(as_object(as_object(edge).get("node")).get("name")) for edge in edges]
            return {**names, "flags": as_text(viewer.get("flags")), "teams": teams} if viewer else {}

    def entities(self) -> frozenset[str]:
        """Return the names that the account may log to: itself and its teams."""
        viewer = self.viewer()
        names = (viewer.get("entity"), viewer.get("username"), *viewer.get("teams", ()))
        return frozenset(name for name in names if name)

    def account_flags(self) -> dict[str, Any]:
        """Return what the server says about the account besides its names; empty if it says nothing."""
        try:
            flags = json.loads(self.viewer().get("flags") or "{}")
        except (RefusedError, AuthenticationError, ValueError, RecursionError):
            return {}
        return flags if isinstance(flags, dict) else {}

    def create_anonymous_account(self) -> str:
        """Return the key of a new anonymous account; empty if the server gave none. The request carries no key."""
        self.headers.pop("Authorization", None)
        data = self.execute("CreateAnonymousEntity")
        with well_formed(self._network.base_url, "CreateAnonymousEntity"):
            return as_text(as_object(as_object(data.get("createAnonymousEntity")).get("apiKey")).get("name"))

    def can_view(self, entity: str | None, project: str | None) -> bool:
        """Return whether the account may view *project*."""
        return self.execute("Project", {"name": project, "entity": entity}).get("project") is not None

    def features(self) -> frozenset[str]:
        """Return the features that the server announces; none if it does not know the query."""
        try:
            data = self.execute("ServerFeaturesQuery")
        except RefusedError:
            return frozenset()
        with well_formed(self._network.base_url, "ServerFeaturesQuery"):
            items = map(as_object, as_list(as_object(data.get("serverInfo")).get("features")))
            return frozenset(as_text(item.get("name")) for item in items if item.get("isEnabled"))

    def upsert(self, sequence: RequestSequence, **fields: Any) -> Bucket:
        """Create the run, or change the given *fields*; the others stay as they are on the server."""
        data = self._mutate("UpsertBucket", {**dict.fromkeys(UPSERT_VARIABLES), **fields}, sequence)
        with well_formed(self._network.base_url, "UpsertBucket"):
            answer = as_object(data.get("upsertBucket"))
            bucket = as_object(answer.get("bucket"))
            if not bucket:
                raise RefusedError("the server created no run; try again, or ask its administrator", 200)
            project = as_object(bucket.get("project"))
            return Bucket(
                id=as_name(bucket.get("id")),
                entity=as_name(as_object(project.get("entity")).get("name")) or fields.get("entity") or "",
                project=as_name(project.get("name")) or fields.get("project") or "",
                name=as_name(bucket.get("name")) or fields["name"],
                display_name=as_name(bucket.get("displayName")),
                inserted=bool(answer.get("inserted")),
                rows=as_count(bucket.get("historyLineCount")),
            )

    def resume_status(self, entity: str | None, project: str | None, name: str) -> dict[str, Any] | None:
        """Return the server's record of the run *name*; None if there is no such run."""
        data = self.execute("RunResumeStatus", {"project": project, "entity": entity, "name": name})
        with well_formed(self._network.base_url, "RunResumeStatus"):
            bucket = as_object(as_object(data.get("model")).get("bucket"))
            if not bucket:
                return None
            return {field: check(bucket[field]) for field, check in _RESUME_FIELDS.items() if field in bucket}

    def has_rows(self, run: RunRecord | None) -> bool:
        """Return whether the server has rows of a run with the names of *run*."""
        if run is None:
            return False
        status = self.resume_status(run.entity or None, run.project or None, run.id)
        return bool(status and status.get("historyLineCount"))

    def file_url(self, entity: str | None, project: str | None, name: str, file: str) -> str | None:
        """Return the address of *file* of the run *name*; None if the run has no such file."""
        entity = entity or self.viewer().get("entity")
        variables = {"entity": entity, "project": project or DEFAULT_PROJECT, "name": name, "files": [file]}
        data = self.execute("RunFiles", variables)
        with well_formed(self._network.base_url, "RunFiles"):
            run = as_object(as_object(data.get("project")).get("run"))
            edges = map(as_object, as_list(as_object(run.get("files")).get("edges")))
            nodes = [as_object(edge.get("node")) for edge in edges]
            urls = (as_text(node.get("directUrl")) for node in nodes if node.get("name") == file)
            return next((url for url in urls if url), None)

    def rows(self, entity: str | None, project: str | None, name: str, step: int) -> list[dict[str, Any]]:
        """Return the rows of the run *name* of the last 1,000 steps up to *step*, oldest first."""
        entity = entity or self.viewer().get("entity")
        steps = {"minStep": max(0, step + 1 - MAX_ROWS), "maxStep": step + 1, "pageSize": MAX_ROWS}
        variables = {"entity": entity, "project": project or DEFAULT_PROJECT, "run": name, **steps}
        data = self.execute("HistoryPage", variables)
        with well_formed(self._network.base_url, "HistoryPage"):
            run = as_object(as_object(data.get("project")).get("run"))
            rows = map(_parse_row, map(as_text, as_list(run.get("history"))))
            return [row for row in rows if row.get("_step", step) <= step]

    def rewind(self, sequence: RequestSequence, entity: str | None, project: str | None, name: str, step: int) -> None:
        """Rewind the run *name* to *step* on the server."""
        run = {"runName": name, "entity": entity, "project": project}
        self._mutate("RewindRun", {**run, "metricName": "_step", "metricValue": step}, sequence)

    def _mutate(self, operation: str, variables: Mapping[str, Any], sequence: RequestSequence) -> dict[str, Any]:
        """Run *operation* and return its data; send it again if the server had accepted a later request."""
        with well_formed(self._network.base_url, operation):
            while True:
                content = self._execute(operation, variables, sequence.next_header())
                if not sequence.is_superseded(as_object(content.get("extensions")).get("order")):
                    return as_object(content.get("data"))


def _parse_row(line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return row if isinstance(row, dict) else {}


def authorization(key: str) -> dict[str, str]:
    """Return the header that carries *key*."""
    return {"Authorization": "Basic " + base64.b64encode(f"api:{key}".encode()).decode()}
