"""The artifact versions that a run logged, in the form of a message: bounded, the newest take precedence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wandb_nb.store.reading.version_log import VersionLog

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from wandb_nb.store.reading.version_log import VersionAtStep
    from wandb_nb.view.message.run_message import VersionHeader

MAX_VERSIONS = 500
MAX_SAVED_VERSIONS = 40
"""Of one run, in a saved output."""


class VersionHeaders:
    """The versions in the journals of *folders*, the directories of a run, oldest first. Not thread-safe."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._logs = [VersionLog(folder) for folder in folders]
        self._latest: list[VersionHeader] = []

    def headers(self) -> list[VersionHeader]:
        """Return the newest versions, oldest first."""
        has_new = [log.advance() for log in self._logs]
        if any(has_new):
            versions = [version for log in self._logs for version in log.versions]
            self._latest = [_header(version) for version in versions[-MAX_VERSIONS:]]
        return self._latest


def _header(version: VersionAtStep) -> VersionHeader:
    return {
        "name": version.name,
        "type": version.type,
        "step": version.step,
        "attempt": version.attempt,
        "url": None,
    }
