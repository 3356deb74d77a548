"""Metadata of an artifact as JSON has it, and how long a version shall live."""

from __future__ import annotations

import json
from datetime import timedelta
from enum import Enum
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import ArtifactError
from wandb_nb.store.format.json_value import to_json

if TYPE_CHECKING:
    from collections.abc import Mapping


class ArtifactTTL(Enum):
    """Values of `Artifact.ttl` besides a duration."""

    INHERIT = 0


def plain_metadata(metadata: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return *metadata* as JSON has it: numbers of numpy become plain, and durations text, as in a config.

    Raises:
        ArtifactError: It is not a dict, or has a value that JSON cannot have.

    """
    if metadata is None:
        return {}
    if not hasattr(metadata, "items"):
        raise ArtifactError(f"the metadata of an artifact must be a dict, got {type(metadata).__name__}: give a dict")
    texts = {key: str(value) if isinstance(value, timedelta) else value for key, value in metadata.items()}
    plain: dict[str, Any] = json.loads(metadata_json(texts))
    return plain


def metadata_json(metadata: Mapping[str, Any]) -> str:
    """Return *metadata* as JSON text. Raises ArtifactError if that is not possible."""
    try:
        return to_json(dict(metadata), "metadata")
    except ValueError as error:  # every error about values is one
        raise ArtifactError(f"the metadata of an artifact cannot be stored: {error}") from error


def check_ttl(ttl: object) -> timedelta | None:
    """Return the duration *ttl*, None for no limit or an inherited one.

    Raises:
        ArtifactError: It is not a duration, or not a positive one.

    """
    if ttl is None or ttl is ArtifactTTL.INHERIT:
        return None
    if not isinstance(ttl, timedelta) or ttl.total_seconds() <= 0:
        raise ArtifactError(f"the ttl of an artifact must be a positive timedelta, got {ttl!r}: give timedelta(days=7)")
    return ttl
