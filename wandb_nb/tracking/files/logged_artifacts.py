"""Artifacts that a run logs: `Run.log_artifact`, `use_artifact` and `log_model`."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from wandb_nb.artifacts.artifact_names import MAX_NAME, check_aliases, check_tags
from wandb_nb.artifacts.draft import ArtifactDraft
from wandb_nb.errors import ArtifactError, MediaError
from wandb_nb.tracking.artifact import Artifact

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from wandb_nb.tracking.session.run_session import RunSession

_FORBIDDEN = re.compile(r"[^A-Za-z0-9_.-]")


def log_artifact(
    session: RunSession,
    artifact: Any,
    aliases: str | Iterable[str] | None,
    tags: str | Iterable[str] | None,
    *,
    is_used: bool = False,
) -> None:
    """Log *artifact*; one that cannot be stored, as on a full disk, is reported once by its name.

    Raises:
        ArtifactError: It is not an artifact, or an alias or tag is not possible.

    """
    if not isinstance(artifact, ArtifactDraft):
        raise ArtifactError(f"an Artifact or a path is needed, got {type(artifact).__name__}: give one of these")
    contents = artifact.to_log(check_aliases(aliases), check_tags(tags))
    artifact.set_logged()
    directory = session.directory
    if directory is None:
        return
    description, metadata = directory.redact(contents.description), directory.redact.json(contents.metadata)
    try:
        directory.media().log_artifact(replace(contents, description=description, metadata=metadata, is_used=is_used))
    except (MediaError, OSError) as error:
        session.notice(
            f"{error}; the run continues without it; log it again when that is solved", f"artifact-{artifact.name}"
        )


def artifact_of(source: Any, run_id: str, name: str | None, kind: str | None) -> Any:
    """Return the artifact *source*, or a new one of the file, folder or address that it names.

    Raises:
        ArtifactError: There is nothing at the path, or the name or type is not possible.

    """
    if not isinstance(source, (str, os.PathLike)):
        return source
    text = os.fspath(source)
    base = Path(text).name or Path(text).resolve().name
    artifact = Artifact(name or _FORBIDDEN.sub("_", f"run-{run_id}-{base}")[:MAX_NAME], kind or "unspecified")
    if os.path.isfile(text):  # noqa: PTH113 -- a text of the user, which may be no path at all
        artifact.add_file(text)
    elif os.path.isdir(text):  # noqa: PTH112 -- as above
        artifact.add_dir(text)
    elif "://" in text:
        artifact.add_reference(text)
    else:
        raise ArtifactError(f"there is no file or folder {text!r} to log as an artifact: check the path")
    return artifact
