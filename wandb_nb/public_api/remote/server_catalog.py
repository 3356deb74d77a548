"""The runs of a server for the public API, read over W&B's protocol."""

from __future__ import annotations

import json
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import AuthenticationError, RunNotFoundError, UsageError
from wandb_nb.public_api.remote.server_artifacts import ServerArtifacts
from wandb_nb.public_api.remote.server_run import ServerRun
from wandb_nb.public_api.remote.server_teams import ServerTeams
from wandb_nb.public_api.run_storage import ProjectAttributes, RunPath
from wandb_nb.sync.http.answers import as_count, as_name, as_object, as_text, well_formed
from wandb_nb.sync.reading.server_connection import ServerConnection

if TYPE_CHECKING:
    from collections.abc import Iterator

    from wandb_nb.public_api.run_storage import RunQuery
    from wandb_nb.settings import Resolved

_PROJECTS_PER_PAGE = 200


class ServerCatalog:
    """The projects and runs of one server that the account may read. Not thread-safe."""

    def __init__(self, connection: ServerConnection) -> None:
        self._connection = connection

    @classmethod
    def connected(cls, settings: Resolved, timeout_seconds: float | None) -> ServerCatalog:
        """Return the server that *settings* name; the first request is made later.

        Raises:
            AuthenticationError: There is no key for it.

        """
        return cls(ServerConnection(settings, timeout_seconds))

    @cached_property
    def _viewer(self) -> dict[str, Any]:
        viewer = self._connection.graphql.viewer()
        if not viewer:
            raise AuthenticationError(f"{self._connection.base_url} has no account for this key: call wandb_nb.login()")
        return viewer

    @property
    def entity(self) -> str:
        """The default entity of the account."""
        return str(self._viewer.get("entity") or self._viewer.get("username") or "")

    @property
    def artifacts(self) -> ServerArtifacts:
        """The artifacts of the server."""
        return ServerArtifacts(self._connection)

    @property
    def teams(self) -> ServerTeams:
        """The teams of the server."""
        return ServerTeams(self._connection)

    def viewer(self) -> dict[str, Any]:
        """Return the account."""
        return self._viewer

    def run(self, path: RunPath) -> ServerRun:
        """Return the run at *path*.

        Raises:
            RunNotFoundError: There is none, or the account may not see it.

        """
        run = ServerRun(self._connection, path)
        if not run.read():
            raise RunNotFoundError(f"{self._connection.base_url} has no run {path} that this account may see")
        return run

    def runs(self, query: RunQuery) -> tuple[int, Iterator[ServerRun]]:
        """Return how many runs *query* finds, and these runs, page by page.

        Raises:
            UsageError: There is no such project, or the account may not see it.

        """
        count = 0

        def page(variables: dict[str, Any]) -> dict[str, Any]:
            nonlocal count
            project = self._connection.project("Runs", variables)
            if not project:
                raise self._no_project(query.entity, query.project)
            with well_formed(self._connection.base_url, "Runs"):
                count = as_count(project.get("runCount"))
                return as_object(project.get("runs"))

        names = {"entity": query.entity, "project": query.project}
        choice = {"order": query.order, "filters": json.dumps(query.filters), "perPage": query.page_size}
        nodes = self._connection.pages(page, {**names, **choice})
        first = next(nodes, None)
        all_nodes = chain([first] if first is not None else [], nodes)
        return count, (self._run(query, node) for node in all_nodes)

    def _run(self, query: RunQuery, node: dict[str, Any]) -> ServerRun:
        with well_formed(self._connection.base_url, "Runs"):
            path = RunPath(query.entity, query.project, as_name(node.get("name")))
        return ServerRun(self._connection, path, node)

    def projects(self, entity: str) -> Iterator[ProjectAttributes]:
        """Yield the projects of *entity*."""

        def page(variables: dict[str, Any]) -> dict[str, Any]:
            data = self._connection.graphql.execute("GetProjects", variables)
            with well_formed(self._connection.base_url, "GetProjects"):
                return as_object(data.get("models"))

        for node in self._connection.pages(page, {"entity": entity, "perPage": _PROJECTS_PER_PAGE}):
            yield self._project(node)

    def project(self, entity: str, name: str) -> ProjectAttributes:
        """Return the project *name*.

        Raises:
            UsageError: There is none, or the account may not see it.

        """
        node = self._connection.project("GetProject", {"entity": entity, "project": name})
        if not node:
            raise self._no_project(entity, name)
        return self._project(node)

    def _project(self, node: dict[str, Any]) -> ProjectAttributes:
        with well_formed(self._connection.base_url, "GetProjects"):
            name, entity = as_name(node.get("name")), as_name(node.get("entityName"))
            url = f"{self._connection.base_url}/{entity}/{name}"
            return ProjectAttributes(name, entity, as_text(node.get("id")), as_text(node.get("createdAt")), url)

    def _no_project(self, entity: str, name: str) -> UsageError:
        return UsageError(f"{self._connection.base_url} has no project {entity}/{name} that this account may see")
