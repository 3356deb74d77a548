"""The root of queries. Its fields are described in `schema.graphql`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from wandb_nb.server.http.authentication import visit_token
from wandb_nb.server.protocol.connections import UserNode, connection_of, page_range
from wandb_nb.server.protocol.nodes import ProjectNode
from wandb_nb.server.protocol.team_nodes import EntityNode
from wandb_nb.server.storage.accounts.former_names import current_name
from wandb_nb.server.storage.accounts.teams import teams_of
from wandb_nb.server.storage.project_store import count_projects, find_project, list_projects

if TYPE_CHECKING:
    from wandb_nb.server.protocol.request_context import RequestContext

FEATURES = ("LARGE_FILENAMES", "FILESTREAM_GZIP", "ARTIFACT_TAGS", "CLIENT_IDS")

_NEWEST_CLIENT = "0.31.0"
"""Older clients ask up to which version the server knows what clients send."""


class Query:
    """The root of queries."""

    def viewer(self, context: RequestContext) -> UserNode:
        user = context.user
        if user.is_anonymous:
            return UserNode(user, visit_token=visit_token(context.services, user))
        names = [team.name for team in teams_of(context.connection, user)]
        return UserNode(user, names, user.entity, code_saving_enabled=user.saves_code)

    def server_info(self, _: RequestContext) -> dict[str, Any]:
        features = [{"name": name, "isEnabled": True} for name in FEATURES]
        return {"features": features, "cliVersionInfo": {"max_cli_version": _NEWEST_CLIENT}}

    def entity(self, context: RequestContext, name: str | None = None) -> EntityNode | None:
        return EntityNode(current_name(context.connection, name)) if name else None

    def project(
        self, context: RequestContext, name: str | None = None, entity_name: str | None = None
    ) -> ProjectNode | None:
        project = find_project(context.connection, context.user, entity_name, name)
        return ProjectNode(project) if project is not None else None

    def model(
        self, context: RequestContext, name: str | None = None, entity_name: str | None = None
    ) -> ProjectNode | None:
        return self.project(context, name, entity_name)

    def models(
        self,
        context: RequestContext,
        entity_name: str | None = None,
        after: str | None = None,
        first: int | None = None,
    ) -> dict[str, Any]:
        start, limit = page_range(after, first)
        total = count_projects(context.connection, context.user, entity_name)
        projects = list_projects(context.connection, context.user, entity_name, start, limit)
        return connection_of([ProjectNode(project) for project in projects], start, total)
