"""The artifact versions that an online run uses: those of its server, or of this machine where that has none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wandb_nb.artifacts.artifact import find_artifact
from wandb_nb.artifacts.local_versions import LocalVersions
from wandb_nb.artifacts.store.downloaded_versions import DownloadedVersion
from wandb_nb.artifacts.store.lineage_files import LOGGED
from wandb_nb.errors import ArtifactNotFoundError, CommError
from wandb_nb.sync.reading.server_connection import ServerConnection
from wandb_nb.sync.reading.server_versions import ServerVersions
from wandb_nb.tracking.online.server_lookup import unanswering_servers

if TYPE_CHECKING:
    from wandb_nb.artifacts.artifact import Artifact
    from wandb_nb.artifacts.store.stored_version import LineageRun
    from wandb_nb.artifacts.version_source import VersionSource
    from wandb_nb.settings import Resolved
    from wandb_nb.tracking.session.notices import Notice


class UsedArtifacts:
    """Finds versions that *run* uses, by their names.

    What the run logged itself is found on this machine, since it may still be on its way. Then the server is asked, and
    this machine where the server has no such version or does not answer, which *notice* reports. Thread-safe.
    """

    def __init__(self, settings: Resolved, run: LineageRun, notice: Notice) -> None:
        self._settings, self._run, self._notice = settings, run, notice
        self._local = LocalVersions()

    def find(self, name: str, kind: str | None) -> Artifact:
        """Return the version *name*, whose type is *kind* if that is given.

        Raises:
            ArtifactNotFoundError: There is none.
            ArtifactError: The name is not possible, or its type is another one.
            CommError: The server does not answer, and there is none on this machine.

        """
        local = self._find_local(name)
        if local is not None and (self._is_own(local) or self._settings.base_url in unanswering_servers):
            return self._find(name, kind, self._local)
        try:
            return self._find(name, kind, ServerVersions(ServerConnection(self._settings, None)))
        except CommError as error:  # ArtifactNotFoundError is one
            is_missing = isinstance(error, ArtifactNotFoundError)
            if local is None or (is_missing and isinstance(local.stored_version(), DownloadedVersion)):
                raise  # also if the server had it once
            if not is_missing:
                self._notice(f"{error}; {local.qualified_name} of this machine is used", "artifact-server")
            return self._find(name, kind, self._local)

    def _find_local(self, name: str) -> Artifact | None:
        try:
            return self._find(name, None, self._local)
        except ArtifactNotFoundError:
            return None

    def _find(self, name: str, kind: str | None, source: VersionSource) -> Artifact:
        return find_artifact(name, self._run.entity or None, self._run.project, source, kind)

    def _is_own(self, artifact: Artifact) -> bool:
        edges = self._local.run_edges(self._run, LOGGED)
        return artifact.qualified_name in {edge.qualified_name for edge in edges}
