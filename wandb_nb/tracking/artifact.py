"""`wandb.Artifact`: the version that the user puts together; while the run is disabled, something that does nothing."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from wandb_nb.artifacts.draft import ArtifactDraft
from wandb_nb.errors import ArtifactStateError
from wandb_nb.tracking.unimplemented import Swallowed, refuse

_UNIMPLEMENTED_CALLS = frozenset({
    "checkout", "delete", "download", "file", "finalize", "get", "get_added_local_path_name", "json_encode", "link",
    "logged_by", "new_draft", "save", "unlink", "used_by", "verify",
})  # fmt: skip
_SERVER_PROPERTIES = frozenset({
    "collection", "commit_hash", "created_at", "entity", "id", "is_link", "manifest", "project", "qualified_name",
    "source_entity", "source_name", "source_project", "source_qualified_name", "source_version", "state", "ttl",
    "updated_at", "url", "version",
})  # fmt: skip


class _IgnoredWhileDisabled(type):
    """The class of `Artifact`: a disabled run takes every call, so that impossible arguments raise nothing."""

    def __call__(cls, *arguments: Any, **options: Any) -> Any:
        """Make an artifact, or in disabled mode something that accepts any call."""
        # By its name: runs use this module.
        run = import_module("wandb_nb.tracking.process.active_runs").current()
        return Swallowed() if run is not None and run.disabled else super().__call__(*arguments, **options)


class Artifact(ArtifactDraft, metaclass=_IgnoredWhileDisabled):
    """A version of a named set of files, to be logged with `run.log_artifact()`.

    Args:
        name: Letters, digits, dashes, underscores and dots, 128 at most.
        type: What it is, such as "model" or "dataset".
        description: A text.
        metadata: A dict of values.
        incremental: Whether it adds to the version before it.
        use_as: Accepted; has no effect.

    Raises:
        ArtifactError: The name, type or metadata is not possible.

    """

    __module__ = "wandb_nb"

    if not TYPE_CHECKING:  # a type checker shall find misspelled names

        def __getattr__(self, name: str) -> Any:
            if name in _UNIMPLEMENTED_CALLS:
                return refuse(f"Artifact.{name}()")
            if name in _SERVER_PROPERTIES:
                raise ArtifactStateError(
                    f"Artifact.{name} of {self.name} is not known on this machine: the server gives it to a logged "
                    "version; use name, type, digest, aliases, tags or files()"
                )
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
