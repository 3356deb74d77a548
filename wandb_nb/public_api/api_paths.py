"""The paths that the public API takes: `entity/project/run`, parts of it, or the address of a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from wandb_nb.errors import UsageError
from wandb_nb.public_api.run_storage import RunPath

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECTIONS = frozenset({"runs", "sweeps", "artifacts", "reports", "table", "overview", "workspace"})
"""Parts of addresses that name no object."""


@dataclass(frozen=True)
class PathDefaults:
    """What a path that leaves out its first parts means."""

    entity: str
    project: str
    run: str = ""

    @classmethod
    def from_overrides(cls, overrides: Mapping[str, object], entity: str, project: str) -> PathDefaults:
        """Return the defaults of an Api with *overrides*; else *entity* and *project*."""
        return cls(
            str(overrides.get("entity") or entity),
            str(overrides.get("project") or project),
            str(overrides.get("run") or ""),
        )


def run_path(path: str, defaults: PathDefaults) -> RunPath:
    """Return the run that *path* names: `entity/project/run`, `project/run`, `run`, or the address of its page.

    Raises:
        UsageError: It has more parts than that, or none names a run.

    """
    parts = _parts(path)
    if len(parts) > 3:  # noqa: PLR2004 -- entity, project and run
        raise UsageError(f"{path!r} is not the path of a run: give 'entity/project/run_id'")
    entity, project, run = [defaults.entity, defaults.project, defaults.run][: 3 - len(parts)] + parts
    if not run:
        raise UsageError("the path of a run is missing: give 'entity/project/run_id'")
    return RunPath(entity, project, run)


def project_path(path: str, defaults: PathDefaults) -> tuple[str, str]:
    """Return entity and project that *path* names: `entity/project`, `project`, or the address of a page.

    Raises:
        UsageError: It has more parts than that.

    """
    parts = _parts(path)
    if len(parts) > 2:  # noqa: PLR2004 -- entity and project
        raise UsageError(f"{path!r} is not the path of a project: give 'entity/project'")
    entity, project = [defaults.entity, defaults.project][: 2 - len(parts)] + parts
    return entity, project


def _parts(path: str) -> list[str]:
    text = path.partition("://")[2].partition("/")[2] if "://" in path else path
    text = text.partition("?")[0] if "://" in path else text
    return [part for part in text.strip().strip("/").split("/") if part and part not in _SECTIONS]
