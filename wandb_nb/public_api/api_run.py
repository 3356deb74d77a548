"""`ApiRun`: a stored run as the public API returns it."""

from __future__ import annotations

import json
import time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wandb_nb.artifacts.store.lineage_files import LOGGED, USED
from wandb_nb.errors import ArtifactStateError, UsageError
from wandb_nb.public_api.api_artifacts import Artifacts
from wandb_nb.public_api.api_files import ApiFile, Files
from wandb_nb.public_api.api_summary import ApiSummary
from wandb_nb.public_api.run_storage import STEP, FileAttributes, RunChanges
from wandb_nb.untrusted_json import parse_object

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import pandas as pd

    from wandb_nb.artifacts.artifact import Artifact
    from wandb_nb.public_api.run_storage import Row, RunStorage, RunValuesRead, Stream

_ACTIVE = frozenset({"running", "pending", "preempting"})
_POLL_SECONDS = 2.0
_METADATA = "wandb-metadata.json"
_MAX_METADATA_BYTES = 10 << 20


class ApiRun:
    """A run of this machine or a server. Its values are read at the first use and kept; `load(force=True)` reads anew.

    `config` is a plain dict to change; `name`, `notes`, `tags` and `group` can be set. `update()` stores the changes.
    """

    def __init__(self, storage: RunStorage) -> None:
        self._storage = storage
        self._read_attributes()

    def _read_attributes(self) -> None:
        attributes = self._attributes = self._storage.attributes()
        self.id, self.entity, self.project = attributes.id, attributes.entity, attributes.project
        self.name, self.state, self.notes = attributes.name, attributes.state, attributes.notes
        self.group, self.job_type, self.tags = attributes.group, attributes.job_type, list(attributes.tags)
        self.created_at, self.heartbeat_at = attributes.created_at, attributes.heartbeat_at
        self.user, self.host, self.sweep_name = attributes.user, attributes.host, attributes.sweep
        self.url, self.storage_id, self.commit = attributes.url, attributes.storage_id, attributes.commit
        self.exit_code = attributes.exit_code

    def __repr__(self) -> str:
        return f"<Run {'/'.join(self.path)} ({self.state})>"

    @property
    def path(self) -> list[str]:
        """Entity, project and id."""
        return [self.entity, self.project, self.id]

    @property
    def username(self) -> str:
        """Who started the run."""
        return self.user

    @property
    def display_name(self) -> str:
        """The name of the run."""
        return self.name

    @display_name.setter
    def display_name(self, name: str) -> None:
        self.name = name

    @cached_property
    def _values(self) -> RunValuesRead:
        return self._storage.values()

    @cached_property
    def config(self) -> dict[str, Any]:
        """The config, without the tracker's own part; change it and call `update()`."""
        return dict(self._values.config)

    @cached_property
    def summary(self) -> ApiSummary:
        """The summary; change it and call its `update()`."""
        return ApiSummary(dict(self._values.summary), self._save_summary)

    @property
    def summary_metrics(self) -> dict[str, Any]:
        """The summary as a plain dict."""
        return dict(self.summary)

    @property
    def rawconfig(self) -> dict[str, Any]:
        """The config with the tracker's own part under `_wandb`."""
        return {**self._values.config, "_wandb": self._values.wandb_config}

    @property
    def json_config(self) -> str:
        """The config as JSON in the server's layout, each value under `value`."""
        return json.dumps({key: {"value": value} for key, value in self.rawconfig.items()})

    @property
    def system_metrics(self) -> dict[str, Any]:
        """The newest system metrics."""
        return self._values.system_metrics

    @property
    def lastHistoryStep(self) -> int:  # noqa: N802 -- W&B's name
        """The step of the last row; -1 without rows."""
        return self._values.last_step

    @cached_property
    def metadata(self) -> dict[str, Any] | None:
        """Facts about machine and program; None if the run has none."""
        file = next(self._storage.files((_METADATA,), None), None)
        if file is None or file.size > _MAX_METADATA_BYTES:
            return None
        try:
            return parse_object(self._text(file))
        except ValueError:
            return None

    def _text(self, file: FileAttributes) -> str:
        from tempfile import TemporaryDirectory

        with TemporaryDirectory() as folder:
            target = Path(folder) / "file"
            self._storage.download(file, target)
            return target.read_text("utf-8", errors="replace")

    def history(
        self,
        samples: int = 500,
        keys: Sequence[str] | None = None,
        x_axis: str = "_step",
        pandas: bool = True,
        stream: Stream = "default",
    ) -> pd.DataFrame | list[Row]:
        """Return a sample of the rows, spread evenly, as a pandas frame or a list of dicts.

        Args:
            samples: At most so many rows.
            keys: Only these values, of the rows that have all of them.
            x_axis: The value that comes with *keys*.
            pandas: Whether to return a frame.
            stream: "default" for logged rows, "system" for system metrics.

        Raises:
            UsageError: *keys* is not a list, or is given for the system metrics.

        """
        rows = self.sampled_rows(samples, keys, x_axis, stream)
        if not pandas:
            return rows
        from wandb_nb.store.runs.frame import from_rows

        return from_rows(rows)

    def sampled_rows(self, samples: int, keys: Sequence[str] | None, x_axis: str, stream: Stream) -> list[Row]:
        """Return what `history` returns, as a list of dicts.

        Raises:
            UsageError: *keys* is not a list, or is given for the system metrics.

        """
        if keys is not None and (isinstance(keys, str) or not all(isinstance(key, str) for key in keys)):
            raise UsageError("keys= of history() is a list of strings, such as keys=['loss']")
        if keys and stream == "system":
            raise UsageError("history() of the system metrics takes no keys=: choose columns of the result")
        return self._storage.sample(samples, keys or (), x_axis, stream)

    def scan_history(
        self,
        keys: Sequence[str] | None = None,
        page_size: int = 1000,
        min_step: int = 0,
        max_step: int | None = None,
        use_cache: bool = True,  # noqa: ARG002 -- W&B's argument: there is no cache that could be out of date
    ) -> Iterator[Row]:
        """Yield every row, oldest first, reading *page_size* of them at a time.

        Args:
            keys: Only these values and the step, of the rows that have all of them.
            page_size: Rows of one request to a server.
            min_step: The first step.
            max_step: The step after the last one.
            use_cache: Accepted; rows are always read anew.

        Raises:
            UsageError: *keys* is not a list.

        """
        if isinstance(keys, str):
            raise UsageError("keys= of scan_history() is a list of strings, such as keys=['loss']")
        wanted = tuple(dict.fromkeys((STEP, *keys))) if keys else ()
        return self._storage.rows(wanted, min_step, max_step, page_size)

    def files(self, names: Sequence[str] | None = None, pattern: str | None = None, per_page: int = 50) -> Files:  # noqa: ARG002 -- W&B's argument
        """Return the run's files: all, those called *names*, or those that match *pattern*.

        Args:
            names: Names of files.
            pattern: A pattern with `%` for any characters and `_` for one, such as "%.json".
            per_page: Accepted; pages have a fixed size.

        Raises:
            UsageError: Both *names* and *pattern* are given.

        """
        if names and pattern:
            raise UsageError("files() takes names= or pattern=, not both")
        return Files(self._storage, names or (), pattern)

    def file(self, name: str) -> ApiFile:
        """Return the file *name*.

        Raises:
            UsageError: The run has no such file.

        """
        for file in self.files([name]):
            return file
        raise UsageError(f"run {self.id} has no file {name!r}: run.files() lists its files")

    def upload_file(self, path: str, root: str = ".") -> ApiFile:
        """Store the file at *path* in the run, under its name below the folder *root*.

        Raises:
            UsageError: There is no such file, it is not below *root*, or a living process writes the run.
            CommError: The server cannot be reached or refuses.

        """
        source, folder = Path(path).absolute(), Path(root).absolute()
        if not source.is_file():
            raise UsageError(f"there is no file {path}")
        if not source.is_relative_to(folder):
            raise UsageError(f"{path} is not below {folder}: give a folder above it as root=")
        name = source.relative_to(folder).as_posix()
        self._storage.upload(source, name)
        return self.file(name)

    def logged_artifacts(self, per_page: int = 100) -> Artifacts:  # noqa: ARG002 -- W&B's argument
        """Return the versions that the run logged, oldest first."""
        return self._artifacts(LOGGED)

    def used_artifacts(self, per_page: int = 100) -> Artifacts:  # noqa: ARG002 -- the same
        """Return the versions that the run used, oldest first."""
        return self._artifacts(USED)

    def use_artifact(self, artifact: Artifact, use_as: str | None = None) -> Artifact:  # noqa: ARG002 -- the same
        """Record that the run used *artifact*, a stored version, and return it.

        Raises:
            ArtifactStateError: It was not logged.

        """
        self._add_artifact(artifact, USED)
        return artifact

    def log_artifact(self, artifact: Artifact, aliases: Sequence[str] | None = None) -> Artifact:
        """Record that the run made *artifact*, a stored version, give it *aliases*, and return it.

        Raises:
            ArtifactStateError: It was not logged: `run.log_artifact()` of an active run does that.

        """
        self._add_artifact(artifact, LOGGED)
        if aliases:
            artifact.aliases = [*artifact.aliases, *aliases]
            artifact.save()
        return artifact

    def _artifacts(self, role: str) -> Artifacts:
        catalog = self._storage.artifact_catalog
        return Artifacts(lambda: catalog.versions_of_run(self._storage.lineage_run(), role), catalog.source)

    def _add_artifact(self, artifact: Artifact, role: str) -> None:
        version = artifact.stored_version()
        if version is None:
            raise ArtifactStateError(f"the artifact {artifact.name} was not logged: call run.log_artifact() first")
        self._storage.artifact_catalog.add_to_run(self._storage.lineage_run(), version, role)

    def update(self) -> None:
        """Store the changed config, summary, name, notes, tags and group.

        Raises:
            UsageError: A living process writes the run.
            CommError: The server cannot be reached or refuses.

        """
        self.summary.update()
        before, stored = self._attributes, self._values.config
        changes = RunChanges(
            config={key: value for key, value in self.config.items() if stored.get(key, self) != value} or None,
            removed_config=tuple(key for key in stored if key not in self.config),
            name=None if self.name == before.name else self.name,
            notes=None if self.notes == before.notes else self.notes,
            tags=None if self.tags == before.tags else list(self.tags),
            group=None if self.group == before.group else self.group,
        )
        if changes != RunChanges():
            self._storage.save(changes)
            self.load(force=True)

    save = update

    def _save_summary(self, changed: dict[str, Any], removed: tuple[str, ...]) -> None:
        self._storage.save(RunChanges(summary=changed, removed_summary=removed))

    def load(self, force: bool = False) -> None:
        """Read the run's values; with *force* also if they were read before."""
        if force:
            for name in ("_values", "config", "summary", "metadata"):
                self.__dict__.pop(name, None)
            self._read_attributes()
        _ = self.config

    def delete(self, delete_artifacts: bool = False) -> None:  # noqa: ARG002 -- W&B's argument: versions stay until they are deleted themselves
        """Delete the run with all its files.

        Args:
            delete_artifacts: Accepted; artifacts are deleted by their own `delete()`.

        Raises:
            UsageError: A living process writes the run.
            CommError: The server cannot be reached or refuses.

        """
        self._storage.delete()

    def stop(self) -> None:
        """Ask the process of a running run to stop; returns immediately."""
        self._storage.stop()

    def wait_until_finished(self) -> None:
        """Wait until the run has ended, asking every two seconds."""
        while self.state in _ACTIVE:
            time.sleep(_POLL_SECONDS)
            self.load(force=True)
