"""`wandb.sdk.artifacts` and `wandb.sdk.wandb_artifacts`: the class, and the cache that dalle-mini empties."""

from __future__ import annotations

from functools import partial

from wandb_nb.artifacts.artifact import Artifact
from wandb_nb.compat.alias_table import submodule

__all__ = ["Artifact", "ArtifactsCache", "get_artifact_file_cache", "get_artifacts_cache"]


class ArtifactsCache:
    """Stands for wandb's cache of files that are also on the server: here every stored file is of a logged version."""

    def cleanup(self, target_size: int | None = None, remove_temp: bool = False) -> int:
        """Return how many bytes were removed: none, as nothing is cached. The arguments are those of wandb."""
        return 0


def get_artifacts_cache() -> ArtifactsCache:
    """Return the cache."""
    return ArtifactsCache()


get_artifact_file_cache = get_artifacts_cache  # its name since 0.15

__getattr__ = partial(submodule, "wandb.sdk.artifacts")
