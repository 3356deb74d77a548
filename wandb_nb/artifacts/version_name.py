"""Names of stored versions as users write them: "data:latest", "digits/data:v0", "team/digits/data:best"."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from wandb_nb.artifacts.artifact_names import check_name
from wandb_nb.errors import ArtifactError

LATEST = "latest"
SCHEME = "wandb-artifact://"
_INDEX = re.compile(r"v(0|[1-9][0-9]{0,17})")
_MAX_PARTS = 3


@dataclass(frozen=True)
class VersionName:
    """A name split into its parts; *entity* and *project* are None where it has none, *alias* may be "v0"."""

    name: str
    alias: str = LATEST
    project: str | None = None
    entity: str | None = None

    @property
    def index(self) -> int | None:
        """The number of the version, where the alias is one: 0 for "v0"."""
        return version_index(self.alias)

    def within(self, entity: str | None, project: str | None) -> VersionName:
        """Return the name with these where it has none itself; an entity belongs to the project that came with it."""
        if self.project is not None:
            return self
        return replace(self, project=project, entity=self.entity if self.entity is not None else entity)

    def __str__(self) -> str:
        parts = (self.entity, self.project, f"{self.name}:{self.alias}")
        return "/".join(part for part in parts if part)


def parse_version_name(text: str) -> VersionName:
    """Return the parts of *text*; without an alias it names the newest version.

    Raises:
        ArtifactError: It is not such a name.

    """
    path, colon, alias = text.removeprefix(SCHEME).strip("/").partition(":")
    parts = path.split("/")
    if len(parts) > _MAX_PARTS or {"", ".", ".."} & set(parts) or (colon and not alias) or "/" in alias:
        raise ArtifactError(
            f"the artifact name {text!r} is not possible: write it as 'name:alias', 'project/name:v0' or "
            "'entity/project/name:latest'"
        )
    *above, name = parts
    entity = above[0] if len(above) == _MAX_PARTS - 1 else None
    return VersionName(check_name(name), alias or LATEST, above[-1] if above else None, entity)


def version_index(alias: str) -> int | None:
    """Return the number in an alias such as "v0", None for any other one."""
    match = _INDEX.fullmatch(alias)
    return int(match[1]) if match else None
