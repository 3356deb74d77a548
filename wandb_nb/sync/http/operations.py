"""The GraphQL operations that a run needs, by the names the server knows them by."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import AuthenticationError, CommError, RefusedError
from wandb_nb.sync.http.transport import Request, final_query, final_upsert, message_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wandb_nb.store.format.record_types import RunRecord
    from wandb_nb.sync.http.network import Network
    from wandb_nb.sync.http.request_sequence import RequestSequence
    from wandb_nb.sync.http.transport import Sender

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
_UPSERT_GIVEN = ", ".join(f"{_RENAMED.get(name, name)}: ${name}" for name in UPSERT_VARIABLES)
DEFAULT_PROJECT = "uncategorized"
SOME = 1000

QUERIES = {
    "Viewer": "query Viewer { viewer { id entity username email flags teams { edges { node { name } } } } }",
    "Project": "query Project($name: String, $entity: String) { project(name: $name, entityName: $entity) { id } }",
    "ServerFeaturesQuery": "query ServerFeaturesQuery { serverInfo { features { name isEnabled } } }",
    "UpsertBucket": f"""mutation UpsertBucket({_UPSERT_DECLARED}) {{
  upsertBucket(input: {{{_UPSERT_GIVEN}}}) {{
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
    """A run as the server names it."""

    id: str
    entity: str
    project: str
    name: str
    display_name: str
    inserted: bool
    rows: int = 0
    """How many lines of history it has."""


class GraphQLClient:
    """Asks one server.  Raises what `Sender.send` raises, and RefusedError for errors inside an answer."""

    def __init__(self, network: Network, sender: Sender) -> None:
        self._network, self._sender = network, sender
        self._url = f"{network.base_url}/graphql"
        self.headers = {**authorization(network.key), "Content-Type": "application/json"}

    def ask(self, operation: str, variables: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """Return the data that *operation* answers."""
        data: dict[str, Any] = self._answer(operation, variables, {}).get("data") or {}
        return data

    def _answer(self, operation: str, variables: Mapping[str, Any] | None, headers: dict[str, str]) -> dict[str, Any]:
        body = {"query": QUERIES[operation], "variables": variables, "operationName": operation}
        retry = self._network.graphql
        request = Request("POST", self._url, {**self.headers, **headers}, json.dumps(body).encode(), retry.timeout)
        final = final_upsert if operation == "UpsertBucket" else final_query
        answer = self._sender.send(request, retry, final)
        try:
            content: dict[str, Any] = answer.json()
        except ValueError as error:
            raise CommError(f"{self._network.base_url} answers {operation} with something that is no JSON") from error
        if content.get("errors"):
            raise RefusedError(message_of(answer), answer.status)
        return content

    def viewer(self) -> dict[str, Any]:
        """Return the account that the key belongs to."""
        return self.ask("Viewer").get("viewer") or {}

    def saves_code(self) -> bool:
        """Return whether the account wants the code of its runs saved; not where the server does not say."""
        try:
            flags = json.loads(self.viewer().get("flags") or "{}")
        except (RefusedError, AuthenticationError, ValueError):
            return False
        return isinstance(flags, dict) and flags.get("code_saving_enabled") is True

    def sees(self, entity: str | None, project: str | None) -> bool:
        """Tell whether the account may look at *project*."""
        return self.ask("Project", {"name": project, "entity": entity}).get("project") is not None

    def features(self) -> frozenset[str]:
        """Return what the server says it can do; nothing where it does not know the question."""
        try:
            info = self.ask("ServerFeaturesQuery").get("serverInfo") or {}
        except RefusedError:
            return frozenset()
        return frozenset(item["name"] for item in info.get("features") or () if item and item.get("isEnabled"))

    def upsert(self, order: RequestSequence, **fields: Any) -> Bucket:
        """Create the run or change the *fields* given; the others stay as they are on the server."""
        data = self._change("UpsertBucket", {**dict.fromkeys(UPSERT_VARIABLES), **fields}, order)
        answer = data.get("upsertBucket") or {}
        found = answer.get("bucket")
        if not found:
            raise RefusedError("the server answered the creation of the run without a run", 200)
        project = found.get("project") or {}
        return Bucket(
            id=found.get("id") or "",
            entity=(project.get("entity") or {}).get("name") or fields.get("entity") or "",
            project=project.get("name") or fields.get("project") or "",
            name=found.get("name") or fields["name"],
            display_name=found.get("displayName") or "",
            inserted=bool(answer.get("inserted")),
            rows=int(found.get("historyLineCount") or 0),
        )

    def resume_status(self, entity: str | None, project: str | None, name: str) -> dict[str, Any] | None:
        """Return what the server holds of the run *name*; None where there is no such run."""
        model = self.ask("RunResumeStatus", {"project": project, "entity": entity, "name": name}).get("model")
        found: dict[str, Any] | None = (model or {}).get("bucket")
        return found

    def has_rows(self, run: RunRecord | None) -> bool:
        """Tell whether the server has rows of a run that goes by the names of *run*."""
        if run is None:
            return False
        held = self.resume_status(run.entity or None, run.project or None, run.id)
        return bool(held and held.get("historyLineCount"))

    def file_url(self, entity: str | None, project: str | None, name: str, file: str) -> str | None:
        """Return the address of *file* of the run *name*; None where there is none."""
        entity = entity or self.viewer().get("entity")
        variables = {"entity": entity, "project": project or DEFAULT_PROJECT, "name": name, "files": [file]}
        run = (self.ask("RunFiles", variables).get("project") or {}).get("run") or {}
        nodes = [edge["node"] for edge in (run.get("files") or {}).get("edges") or ()]
        return next((node["directUrl"] for node in nodes if node["name"] == file and node.get("directUrl")), None)

    def rows(self, entity: str | None, project: str | None, name: str, step: int) -> list[dict[str, Any]]:
        """Return the rows of the run *name* of the last 1,000 steps up to *step*, oldest first."""
        entity = entity or self.viewer().get("entity")
        steps = {"minStep": max(0, step + 1 - SOME), "maxStep": step + 1, "pageSize": SOME}
        variables = {"entity": entity, "project": project or DEFAULT_PROJECT, "run": name, **steps}
        run = (self.ask("HistoryPage", variables).get("project") or {}).get("run") or {}
        return [row for row in map(_row, run.get("history") or ()) if row.get("_step", step) <= step]

    def rewind(self, order: RequestSequence, entity: str | None, project: str | None, name: str, step: int) -> None:
        """Take the run *name* back to *step* on the server."""
        where = {"runName": name, "entity": entity, "project": project}
        self._change("RewindRun", {**where, "metricName": "_step", "metricValue": step}, order)

    def _change(self, operation: str, variables: Mapping[str, Any], order: RequestSequence) -> dict[str, Any]:
        """Return the data that *operation* answers, sent again where the server had taken a later request."""
        content: dict[str, Any] = {}
        while not content or order.overtaken((content.get("extensions") or {}).get("order")):
            content = self._answer(operation, variables, order.header())
        return content.get("data") or {}


def _row(line: str) -> dict[str, Any]:
    try:
        row = json.loads(line)
    except ValueError:
        return {}
    return row if isinstance(row, dict) else {}


def authorization(key: str) -> dict[str, str]:
    """Return the header that carries *key*."""
    return {"Authorization": "Basic " + base64.b64encode(f"api:{key}".encode()).decode()}
