"""`Api`: the runs of this machine, or those of a server, read and changed by programs."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NoReturn

from wandb_nb.credentials import find_key
from wandb_nb.errors import UnsupportedError
from wandb_nb.public_api.api_artifact_calls import ApiArtifactCalls
from wandb_nb.public_api.api_paths import PathDefaults, project_path, run_path
from wandb_nb.public_api.api_project import ApiProject, Projects
from wandb_nb.public_api.api_run import ApiRun
from wandb_nb.public_api.api_runs import Runs
from wandb_nb.public_api.api_team import ApiTeam
from wandb_nb.public_api.local.local_catalog import LocalCatalog
from wandb_nb.public_api.run_storage import RunQuery
from wandb_nb.run_names import DEFAULT_PROJECT
from wandb_nb.settings import resolve

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wandb_nb.public_api.artifact_catalog import ArtifactCatalog
    from wandb_nb.public_api.run_storage import RunCatalog

OFFLINE_MODES = frozenset({"offline", "dryrun", "disabled"})
UNSUPPORTED = frozenset({
    "automation", "automations", "create_automation", "create_custom_chart", "create_project", "create_registry",
    "create_run", "create_run_queue", "create_team", "create_user", "delete_automation", "integrations", "job",
    "list_jobs", "organization", "queued_run", "registries", "registry", "reports", "run_queue", "slack_integrations",
    "sweep", "sync_tensorboard", "update_automation", "upsert_run_queue", "user", "users",
    "webhook_integrations",
})  # fmt: skip
"""Methods of W&B's own Api that belong to parts of its service that are not here."""


class Api(ApiArtifactCalls):
    """Reads and changes runs. Without a key, or with `WANDB_MODE=offline`, these are the runs of this machine.

    With a key they are those of the server at `WANDB_BASE_URL`. Not thread-safe: each thread has its own.

    Args:
        overrides: Values that paths leave out: "entity", "project" and "run"; "base_url" names the server, and
            "mode" with the value "offline" asks for the runs of this machine although there is a key.
        timeout: Seconds that one request may take.
        api_key: The key for the server; by default the one that runs use.

    Raises:
        AuthenticationError: The key is not in the form of a key.

    """

    def __init__(
        self, overrides: Mapping[str, Any] | None = None, timeout: int | None = None, api_key: str | None = None
    ) -> None:
        self._overrides = dict(overrides or {})
        self._timeout_seconds = timeout
        arguments = {"base_url": self._overrides.get("base_url"), "api_key": api_key}
        self._settings = resolve({name: value for name, value in arguments.items() if value})

    @cached_property
    def _catalog(self) -> RunCatalog:
        mode = self._overrides.get("mode") or self._settings.mode
        if mode in OFFLINE_MODES or find_key(self._settings) is None:
            return LocalCatalog(self._settings.entity)
        from wandb_nb.public_api.remote.server_catalog import ServerCatalog

        return ServerCatalog.connected(self._settings, self._timeout_seconds)

    @cached_property
    def _artifact_catalog(self) -> ArtifactCatalog:  # type: ignore[override]  # read only
        return self._catalog.artifacts

    @property
    def is_local(self) -> bool:
        """Whether the runs are those of this machine."""
        return isinstance(self._catalog, LocalCatalog)

    @property
    def api_key(self) -> str | None:
        """The key for the server; None without one."""
        key = find_key(self._settings)
        return None if key is None else key.text

    @property
    def settings(self) -> dict[str, Any]:
        """The entity, project, run and server that paths without them mean."""
        defaults = self._defaults
        values = {"entity": defaults.entity, "project": defaults.project, "run": defaults.run or "latest"}
        return {**values, "base_url": self._settings.base_url}

    @property
    def default_entity(self) -> str:
        """The entity that paths without one mean."""
        return self._defaults.entity

    @property
    def viewer(self) -> Viewer:
        """The user's account."""
        return Viewer(self._catalog.viewer())

    @cached_property
    def _defaults(self) -> PathDefaults:  # type: ignore[override]  # read only
        entity = self._overrides.get("entity") or self._settings.entity or self._catalog.entity
        return PathDefaults.from_overrides(self._overrides, entity, self._settings.project or DEFAULT_PROJECT)

    def run(self, path: str = "") -> ApiRun:
        """Return the run at *path*: `entity/project/run_id`, `project/run_id`, `run_id`, or the address of its page.

        Raises:
            RunNotFoundError: There is no such run.
            UsageError: *path* is not the path of a run.
            CommError: The server cannot be reached or refuses.

        """
        return ApiRun(self._catalog.run(run_path(path, self._defaults)))

    def runs(  # noqa: PLR0917 -- W&B's signature
        self,
        path: str | None = None,
        filters: Mapping[str, Any] | None = None,
        order: str = "+created_at",
        per_page: int = 50,
        include_sweeps: bool = False,  # noqa: ARG002 -- W&B's argument: there are no sweeps
        lazy: bool = True,  # noqa: ARG002 -- W&B's argument: values are always read at their first use
    ) -> Runs:
        """Return the runs of the project at *path* that pass *filters*, by *order*.

        Args:
            path: `entity/project`, or `project`.
            filters: Conditions in MongoDB's form, such as `{"config.lr": {"$gt": 0.1}, "state": "finished"}`, by the
                names `config.…`, `summary_metrics.…`, `displayName`, `name` (the id), `state`, `tags`, `group`,
                `jobType`, `notes`, `createdAt`.
            order: `+created_at` (oldest first), `-created_at`, `+summary_metrics.loss`, `-config.lr` …
            per_page: Runs of one request to a server.
            include_sweeps: Accepted.
            lazy: Accepted.

        Raises:
            UsageError: *path*, *filters* or *order* is not valid; when the runs are read.
            CommError: The server cannot be reached or refuses; when the runs are read.

        """
        entity, project = project_path(path or "", self._defaults)
        return Runs(self._catalog, RunQuery(entity, project, dict(filters or {}), order or "+created_at", per_page))

    def projects(self, entity: str | None = None, per_page: int = 200) -> Projects:  # noqa: ARG002 -- W&B's argument
        """Return the projects of *entity*, by default the user's own."""
        return Projects(self._catalog, entity or self.default_entity)

    def project(self, name: str, entity: str | None = None) -> ApiProject:
        """Return the project *name* of *entity*, by default the user's own.

        Raises:
            UsageError: There is no such project.
            CommError: The server cannot be reached or refuses.

        """
        return ApiProject(self._catalog.project(entity or self.default_entity, name))

    def team(self, team: str) -> ApiTeam:
        """Return the team of that name, with its members.

        Raises:
            UsageError: There is no such team, or the account may not see it.
            UnsupportedError: These are the runs of this machine, which has no teams.
            CommError: The server cannot be reached or refuses.

        """
        return ApiTeam(self._catalog.teams, team)

    def from_path(self, path: str) -> ApiRun | ApiProject:
        """Return the run or project at *path*: `project`, `entity/project`, or `entity/project/runs/run_id`.

        Raises:
            UsageError: There is no such object.
            CommError: The server cannot be reached or refuses.

        """
        parts = path.strip().strip("/").split("/")
        if "://" in path or len(parts) > 2:  # noqa: PLR2004 -- entity and project
            return self.run(path)
        entity, project = project_path(path, self._defaults)
        return self.project(project, entity)

    def flush(self) -> None:
        """Do nothing: no answer is kept between calls, so that a program sees changes of other programs."""

    def __getattr__(self, name: str) -> NoReturn:
        if name in UNSUPPORTED:
            raise UnsupportedError(f"Api.{name}() belongs to a part of W&B's service that wandb_nb does not have")
        raise AttributeError(f"the Api has no {name!r}")

    def __repr__(self) -> str:
        place = "this machine" if self.is_local else self._settings.base_url
        return f"<Api of {place}>"


class Viewer:
    """The user's account: `entity`, `username`, `email` and the names of its `teams`."""

    def __init__(self, account: Mapping[str, Any]) -> None:
        self.entity, self.username = account.get("entity") or "", account.get("username") or ""
        self.email, self.teams = account.get("email") or "", list(account.get("teams") or ())

    def __repr__(self) -> str:
        return f"<User {self.username}>"
