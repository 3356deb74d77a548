"""The GraphQL operations that a run needs, by their names on the server."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import AuthenticationError, CommError, RefusedError
from wandb_nb.run_names import DEFAULT_PROJECT
from wandb_nb.sync.http.transport import Request, error_message, is_final_for_query, is_final_for_upsert

if TYPE_CHECKING:
    from collections.abc import Mapping

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
    "Viewer": "query Viewer { viewer { id entity username email flags teams { edges { node { name } } } } }",
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
        data: dict[str, Any] = self._execute(operation, variables, {}).get("data") or {}
        return data

    def _execute(self, operation: str, variables: Mapping[str, Any] | None, headers: dict[str, str]) -> dict[str, Any]:
        body = {"query": QUERIES[operation], "variables": variables, "operationName": operation}
        retry = self._network.graphql
        request = Request(
            "POST", self._url, {**self.headers, **headers}, json.dumps(body).encode(), retry.timeout_seconds
        )
        is_final = is_final_for_upsert if operation == "UpsertBucket" else is_final_for_query
        answer = self._sender.send(request, retry, is_final)
        try:
            content: dict[str, Any] = answer.json()
        except ValueError as error:
            raise CommError(f"{self._network.base_url} answered {operation} with something that is not JSON") from error
        if content.get("errors"):
            raise RefusedError(error_message(answer), answer.status)
        return content

    def viewer(self) -> dict[str, Any]:
        """Return the account that the key belongs to."""
        return self.execute("Viewer").get("viewer") or {}

    def entities(self) -> frozenset[str]:
        """Return the names that the account may log to: itself and its teams."""
        viewer = self.viewer()
        edges = (viewer.get("teams") or {}).get("edges") or ()
        teams = [((edge or {}).get("node") or {}).get("name") for edge in edges]
        return frozenset(str(name) for name in (viewer.get("entity"), viewer.get("username"), *teams) if name)

    def saves_code(self) -> bool:
        """Return whether the account wants the code of its runs saved; False if the server does not say."""
        try:
            flags = json.loads(self.viewer().get("flags") or "{}")
        except (RefusedError, AuthenticationError, ValueError):
            return False
        return isinstance(flags, dict) and flags.get("code_saving_enabled") is True

    def can_view(self, entity: str | None, project: str | None) -> bool:
        """Return whether the account may view *project*."""
        return self.execute("Project", {"name": project, "entity": entity}).get("project") is not None

    def features(self) -> frozenset[str]:
        """Return the features that the server announces; none if it does not know the query."""
        try:
            info = self.execute("ServerFeaturesQuery").get("serverInfo") or {}
        except RefusedError:
            return frozenset()
        return frozenset(item["name"] for item in info.get("features") or () if item and item.get("isEnabled"))

    def upsert(self, sequence: RequestSequence, **fields: Any) -> Bucket:
        """Create the run, or change the given *fields*; the others stay as they are on the server."""
        data = self._mutate("UpsertBucket", {**dict.fromkeys(UPSERT_VARIABLES), **fields}, sequence)
        answer = data.get("upsertBucket") or {}
        bucket = answer.get("bucket")
        if not bucket:
            raise RefusedError("the server created no run; try again, or ask its administrator", 200)
        project = bucket.get("project") or {}
        return Bucket(
            id=bucket.get("id") or "",
            entity=(project.get("entity") or {}).get("name") or fields.get("entity") or "",
            project=project.get("name") or fields.get("project") or "",
            name=bucket.get("name") or fields["name"],
            display_name=bucket.get("displayName") or "",
            inserted=bool(answer.get("inserted")),
            rows=int(bucket.get("historyLineCount") or 0),
        )

    def resume_status(self, entity: str | None, project: str | None, name: str) -> dict[str, Any] | None:
        """Return the server's record of the run *name*; None if there is no such run."""
        model = self.execute("RunResumeStatus", {"project": project, "entity": entity, "name": name}).get("model")
        bucket: dict[str, Any] | None = (model or {}).get("bucket")
        return bucket

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
        run = (self.execute("RunFiles", variables).get("project") or {}).get("run") or {}
        nodes = [edge["node"] for edge in (run.get("files") or {}).get("edges") or ()]
        return next((node["directUrl"] for node in nodes if node["name"] == file and node.get("directUrl")), None)

    def rows(self, entity: str | None, project: str | None, name: str, step: int) -> list[dict[str, Any]]:
        """Return the rows of the run *name* of the last 1,000 steps up to *step*, oldest first."""
        entity = entity or self.viewer().get("entity")
        steps = {"minStep": max(0, step + 1 - MAX_ROWS), "maxStep": step + 1, "pageSize": MAX_ROWS}
        variables = {"entity": entity, "project": project or DEFAULT_PROJECT, "run": name, **steps}
        run = (self.execute("HistoryPage", variables).get("project") or {}).get("run") or {}
        return [row for row in map(_parse_row, run.get("history") or ()) if row.get("_step", step) <= step]

    def rewind(self, sequence: RequestSequence, entity: str | None, project: str | None, name: str, step: int) -> None:
        """Rewind the run *name* to *step* on the server."""
        run = {"runName": name, "entity": entity, "project": project}
        self._mutate("RewindRun", {**run, "metricName": "_step", "metricValue": step}, sequence)

    def _mutate(self, operation: str, variables: Mapping[str, Any], sequence: RequestSequence) -> dict[str, Any]:
        """Run *operation* and return its data; send it again if the server had accepted a later request."""
        content: dict[str, Any] = {}
        while not content or sequence.is_superseded((content.get("extensions") or {}).get("order")):
            content = self._execute(operation, variables, sequence.next_header())
        return content.get("data") or {}


def _parse_row(line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError:
        return {}
    return row if isinstance(row, dict) else {}


def authorization(key: str) -> dict[str, str]:
    """Return the header that carries *key*."""
    return {"Authorization": "Basic " + base64.b64encode(f"api:{key}".encode()).decode()}
