"""A run of a server, read and changed for the public API."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from wandb_nb.artifacts.store.stored_version import LineageRun
from wandb_nb.errors import CommError, RunNotFoundError, UsageError
from wandb_nb.public_api.remote.server_artifacts import ServerArtifacts
from wandb_nb.public_api.run_storage import FileAttributes, RunAttributes, RunValuesRead
from wandb_nb.sync.http.answers import as_count, as_list, as_name, as_object, as_text, well_formed
from wandb_nb.sync.http.file_downloads import download
from wandb_nb.sync.http.file_uploads import FileUploads
from wandb_nb.sync.http.operations import Bucket
from wandb_nb.sync.reading.server_connection import parse_rows
from wandb_nb.untrusted_json import load_object

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from wandb_nb.public_api.run_storage import Row, RunChanges, RunPath, Stream
    from wandb_nb.sync.reading.server_connection import ServerConnection

_FILES_PER_PAGE = 100
_OWN = "_wandb"


class ServerRun:
    """The run at *path*; *node* is what the server has said of it already, else it is asked at the first use."""

    def __init__(self, connection: ServerConnection, path: RunPath, node: dict[str, Any] | None = None) -> None:
        self._connection, self._path = connection, path
        self._node = node or {}
        self._is_fresh = node is not None
        self._names = {"entity": path.entity, "project": path.project, "run": path.run}

    def read(self) -> bool:
        """Ask the server for the run; return whether there is one."""
        self._node = self._connection.run("Run", self._names)
        self._is_fresh = bool(self._node)
        return self._is_fresh

    def attributes(self) -> RunAttributes:
        """Return the run's own values.

        Raises:
            RunNotFoundError: The run was deleted.

        """
        if not self._is_fresh and not self.read():
            raise RunNotFoundError(f"run {self._path} is no longer on {self._connection.base_url}")
        self._is_fresh = False
        node = self._node
        with well_formed(self._connection.base_url, "Run"):
            user = as_object(node.get("user"))
            return RunAttributes(
                id=as_name(node.get("name")),
                entity=self._path.entity,
                project=self._path.project,
                name=as_name(node.get("displayName")),
                state=as_name(node.get("state")),
                notes=as_text(node.get("notes")) or None,
                group=as_text(node.get("group")) or None,
                job_type=as_text(node.get("jobType")) or None,
                tags=[as_text(tag) for tag in as_list(node.get("tags"))],
                created_at=as_text(node.get("createdAt")),
                heartbeat_at=as_text(node.get("heartbeatAt")),
                user=as_name(user.get("username") or user.get("name")),
                host=as_text(node.get("host")),
                sweep=as_text(node.get("sweepName")) or None,
                commit=as_text(node.get("commit")) or None,
                url=self._url(),
                storage_id=as_text(node.get("id")),
            )

    def values(self) -> RunValuesRead:
        """Return config, summary and system metrics."""
        if not self._node:
            self.read()
        with well_formed(self._connection.base_url, "Run"):
            config, summary, system = (self._json(name) for name in ("config", "summaryMetrics", "systemMetrics"))
            values = {key: entry.get("value") for key, entry in config.items() if isinstance(entry, dict)}
            step = as_object(self._node.get("historyKeys")).get("lastStep")
            own = values.pop(_OWN, None) or {}
            return RunValuesRead(values, summary, system, own, step if isinstance(step, int) else -1)

    def rows(self, keys: Sequence[str], min_step: int, max_step: int | None, page_size: int) -> Iterator[Row]:
        """Yield rows as `RunStorage.rows` says."""
        end = self.values().last_step + 1 if max_step is None else max_step
        for first in range(min_step, end, page_size):
            following = min(first + page_size, end)
            yield from self._sampled(keys, page_size, first, following - 1) if keys else self._page(first, following)

    def _page(self, first: int, following: int) -> Iterator[Row]:
        variables = {**self._names, "minStep": first, "maxStep": following, "pageSize": following - first}
        run = self._connection.run("HistoryPage", variables)
        with well_formed(self._connection.base_url, "HistoryPage"):
            yield from parse_rows(as_list(run.get("history")))

    def _sampled(self, keys: Sequence[str], samples: int, first: int | None, last: int | None) -> list[Row]:
        spec: dict[str, Any] = {"keys": list(keys), "samples": samples}
        if first is not None:
            spec |= {"minStep": first, "maxStep": last}
        run = self._connection.run("RunSampledHistory", {**self._names, "specs": [json.dumps(spec)]})
        with well_formed(self._connection.base_url, "RunSampledHistory"):
            return list(parse_rows([row for rows in as_list(run.get("sampledHistory")) for row in as_list(rows)]))

    def sample(self, samples: int, keys: Sequence[str], x_axis: str, stream: Stream) -> list[Row]:
        """Return rows as `RunStorage.sample` says."""
        if keys:
            return self._sampled(list(dict.fromkeys((x_axis, *keys))), samples, None, None)
        operation, field = ("RunEvents", "events") if stream == "system" else ("RunFullHistory", "history")
        run = self._connection.run(operation, {**self._names, "samples": samples})
        with well_formed(self._connection.base_url, operation):
            return list(parse_rows(as_list(run.get(field))))

    def files(self, names: Sequence[str], pattern: str | None) -> Iterator[FileAttributes]:
        """Yield the files of the run, page by page."""
        choice = {"names": list(names), "pattern": pattern, "perPage": _FILES_PER_PAGE}

        def page(variables: dict[str, Any]) -> dict[str, Any]:
            run = self._connection.run("ListRunFiles", variables)
            with well_formed(self._connection.base_url, "ListRunFiles"):
                return as_object(run.get("files"))

        for node in self._connection.pages(page, {**self._names, **choice}):
            with well_formed(self._connection.base_url, "ListRunFiles"):
                yield FileAttributes(
                    name=as_text(node.get("name")),
                    size=as_count(node.get("sizeBytes")),
                    mimetype=as_text(node.get("mimetype")),
                    updated_at=as_text(node.get("updatedAt")),
                    url=as_text(node.get("directUrl")),
                    md5=as_text(node.get("md5")) or None,
                )

    def download(self, file: FileAttributes, target: Path) -> None:
        """Fetch the content of *file*."""
        download(self._connection.network, file.url, target)

    def upload(self, path: Path, name: str) -> None:
        """Send the file at *path*."""
        problems: list[str] = []
        bucket = Bucket(self._node_id(), self._path.entity, self._path.project, self._path.run, "", inserted=False)
        connection = self._connection
        uploads = FileUploads(connection.network, connection.sender, connection.graphql, bucket, problems.append)
        if list(uploads.send({name: lambda: path.open("rb")})) != [name]:
            raise CommError(problems[0] if problems else f"{connection.base_url} did not take the file {name}")

    def delete_file(self, name: str) -> None:
        """Delete the file *name*.

        Raises:
            UsageError: The run has no such file.
            RefusedError: The server refuses.

        """
        variables = {**self._names, "names": [name], "pattern": None, "perPage": 1, "cursor": None}
        run = self._connection.run("ListRunFiles", variables)
        with well_formed(self._connection.base_url, "ListRunFiles"):
            edges = as_list(as_object(run.get("files")).get("edges"))
            ids = [as_text(as_object(as_object(edge).get("node")).get("id")) for edge in edges]
        if not ids:
            raise UsageError(f"run {self._path.run} has no file {name!r}: run.files() lists its files")
        self._connection.graphql.execute("DeleteFiles", {"files": ids})

    def save(self, changes: RunChanges) -> None:
        """Change the run on the server; config and summary are sent whole."""
        self.read()
        fields: dict[str, Any] = {"id": self._node_id()}
        if changes.config or changes.removed_config:
            config = self._json("config") | {key: {"value": value} for key, value in (changes.config or {}).items()}
            fields["config"] = _json_without(changes.removed_config, config)
        if changes.summary or changes.removed_summary:
            summary = self._json("summaryMetrics") | (changes.summary or {})
            fields["summaryMetrics"] = _json_without(changes.removed_summary, summary)
        own = {"displayName": changes.name, "notes": changes.notes, "tags": changes.tags, "groupName": changes.group}
        fields |= {name: value for name, value in own.items() if value is not None}
        self._connection.change_run(**fields)
        self.read()

    def delete(self) -> None:
        """Delete the run on the server."""
        self._connection.graphql.execute("DeleteRun", {"id": self._node_id()})

    def stop(self) -> None:
        """Set the run's stop flag on the server."""
        self._connection.graphql.execute("StopRun", {"id": self._node_id()})

    @property
    def artifact_catalog(self) -> ServerArtifacts:
        """The artifacts of the server."""
        return ServerArtifacts(self._connection)

    def lineage_run(self) -> LineageRun:
        """Return the run as lineage names it."""
        return LineageRun(self._path.run, self._path.project, self._path.entity)

    def _node_id(self) -> str:
        with well_formed(self._connection.base_url, "Run"):
            return as_text(self._node.get("id"))

    def _json(self, name: str) -> dict[str, Any]:
        """Return the JSON object in the field *name* of the run."""
        return load_object(as_text(self._node.get(name))) or {}

    def _url(self) -> str:
        entity, project, run = (quote(part, safe="") for part in self._names.values())
        return f"{self._connection.base_url}/{entity}/{project}/runs/{run}"


def _json_without(keys: Sequence[str], values: dict[str, Any]) -> str:
    """Return the JSON of *values* without *keys*."""
    return json.dumps({key: value for key, value in values.items() if key not in keys})
