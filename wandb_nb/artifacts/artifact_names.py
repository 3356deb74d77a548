"""What names, types, aliases, tags and paths of artifacts may be."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING

from wandb_nb.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_NAME = 128
_NAME = re.compile(r"[A-Za-z0-9_.-]+")
_TAG = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_ -]*")


def folder_name(name: str) -> str:
    """Return the name of the folder for the files of the version *name*, such as "data:v0"; Windows has no colons."""
    return name.replace(":", "-") if os.name == "nt" else name


def check_name(name: object) -> str:
    """Return *name*, of an artifact.

    Raises:
        ArtifactError: It is not possible.

    """
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise ArtifactError(
            f"the artifact name {name!r} is not possible: use letters, digits, dashes, underscores and dots only"
        )
    if len(name) > MAX_NAME:
        raise ArtifactError(
            f"the artifact name {name[:MAX_NAME]!r}… is too long: use at most {MAX_NAME} characters, not {len(name)}"
        )
    return name


def check_type(kind: object) -> str:
    """Return *kind*, the type of an artifact, which must not be one that the tracker uses itself.

    Raises:
        ArtifactError: It is not possible.

    """
    if not isinstance(kind, str):
        raise ArtifactError(f"the artifact type must be a string, got {type(kind).__name__}: give one such as 'model'")
    if kind == "job" or kind.startswith("wandb-"):
        raise ArtifactError(f"the artifact type {kind!r} is reserved: use another one, such as 'model' or 'dataset'")
    return kind


def check_aliases(aliases: str | Iterable[str] | None) -> list[str]:
    """Return *aliases* as a list; a single string is one alias.

    Raises:
        ArtifactError: One of them is not possible.

    """
    names = _as_list(aliases, "alias")
    for name in names:
        if not name or "/" in name or ":" in name:
            raise ArtifactError(f"the artifact alias {name!r} is not possible: leave out '/' and ':'")
    return names


def check_tags(tags: str | Iterable[str] | None) -> list[str]:
    """Return *tags* as a list; a single string is one tag.

    Raises:
        ArtifactError: One of them is not possible.

    """
    names = _as_list(tags, "tag")
    for name in names:
        if not _TAG.fullmatch(name):
            raise ArtifactError(
                f"the artifact tag {name!r} is not possible: use letters, digits, dashes, underscores and spaces only"
            )
    return names


def check_path(path: str | os.PathLike[str]) -> str:
    """Return *path* in the form that it has in an artifact: relative, with slashes.

    Raises:
        ArtifactError: It leads out of the artifact, or is empty.

    """
    text = os.fspath(path).replace(os.sep, "/")
    try:
        text.encode()
    except UnicodeEncodeError:
        message = f"the path {text!r} is not possible in an artifact, since it is not text: rename the file"
        raise ArtifactError(message) from None
    parts = [part for part in text.split("/") if part not in ("", ".")]
    if text.startswith("/") or ".." in parts or "\0" in text or not parts:
        raise ArtifactError(f"the path {text!r} is not possible in an artifact: give a relative path without '..'")
    return "/".join(parts)


def _as_list(names: str | Iterable[str] | None, what: str) -> list[str]:
    values = [names] if isinstance(names, str) else list(names or ())
    for value in values:
        if not isinstance(value, str):
            raise ArtifactError(f"an artifact {what} must be a string, got {type(value).__name__}: give strings")
    return list(dict.fromkeys(values))
