"""Everything of a run on disk: directory, run file, owner's lock, registry entry, metadata files."""

from __future__ import annotations

import os
import secrets
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from wandb_nb import host
from wandb_nb.capture.cells.notebook_path import configured_paths
from wandb_nb.errors import StoreError
from wandb_nb.store.format.layout import RunDir
from wandb_nb.store.runs.registry import CONTINUED, REPLACED, Registry
from wandb_nb.store.writing.owner_lock import OwnerLock
from wandb_nb.store.writing.segments import SharedSteps
from wandb_nb.store.writing.writer import RunWriter
from wandb_nb.tracking.files.metadata_files import MetadataFiles
from wandb_nb.tracking.session.notices import FILES_LOST, ROWS_LOST
from wandb_nb.tracking.start.resume_file import ResumeFile

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from wandb_nb.capture.secrets.redact import Redactor
    from wandb_nb.data.media_store import MediaStore
    from wandb_nb.settings import Resolved
    from wandb_nb.store.runs.registry import RunEntry
    from wandb_nb.tracking.session.notices import Notice
    from wandb_nb.tracking.start.identity import RunIdentity


class RunOutcome(NamedTuple):
    """How a run ended: *state* is "finished" or "failed", *ended* in unix seconds."""

    state: str
    exit_code: int
    ended: float
    summary: Mapping[str, Any]


class RunDirectory:
    """An open run directory; `finalize()` or `abandon()` closes it.

    *notice* reports problems with the disk. Without *lock* another process owns the run, and only a segment in the
    directory is written from here.
    """

    def __init__(
        self, layout: RunDir, writer: RunWriter, redact: Redactor, notice: Notice, lock: OwnerLock | None = None
    ) -> None:
        self._layout, self._notice, self._lock = layout, notice, lock
        self.writer, self.redact = writer, redact
        self.writer_id = secrets.token_hex(16)
        self.metadata = MetadataFiles(layout.files, writer.append, notice, redact)
        self._media: MediaStore | None = None
        self._project = self._entity = ""
        self.entry: RunEntry | None = None
        """The run's entry in the registry of this machine."""
        self.linked_files: set[Path] = set()
        """Files that `save` linked, to be copied when the run ends."""
        self._registry = Registry()
        self._resume_file = ResumeFile(layout.path.parent)

    @classmethod
    def create(
        cls, identity: RunIdentity, settings: Resolved, mode: str, redact: Redactor, notice: Notice
    ) -> RunDirectory:
        """Make the directory of a new run, and its run file.

        Raises:
            StoreError: No run file can be made.

        """
        when = datetime.fromtimestamp(identity.start_time)  # noqa: DTZ006 -- directory names are in local time
        offline, link = mode != "online", settings.symlink
        layout = RunDir.create(settings.root_dir, identity.id, offline=offline, when=when, link=link)
        if layout.warning:
            notice(layout.warning)
        lock = OwnerLock(layout.path)
        lock.acquire()

        def rows_lost(text: str) -> None:
            notice(text, ROWS_LOST)

        writer = RunWriter(layout.run_file, on_error=settings.on_store_error, warn=rows_lost)
        return cls(layout, writer, redact, notice, lock)

    @classmethod
    def attach(cls, path: Path, run_id: str, notice: Notice) -> RunDirectory:
        """Open the directory of a run that another process owns, to write a segment there."""
        layout = RunDir(path, run_id)
        writer = RunWriter(layout.run_file, warn=notice, owner=False)
        from wandb_nb.capture.secrets.redact import Redactor  # its patterns take 10 ms to compile

        return cls(layout, writer, Redactor(os.environ), notice)

    @property
    def path(self) -> Path:
        """The run directory."""
        return self._layout.path

    @property
    def files(self) -> Path:
        """The folder of the run's files."""
        return self._layout.files

    @property
    def run_file(self) -> Path:
        """The run file."""
        return self._layout.run_file

    def media(self) -> MediaStore:
        """Return the media files of the run."""
        if self._media is None:
            from wandb_nb.artifacts.run_artifacts import RunArtifacts  # many runs have no media
            from wandb_nb.artifacts.store.stored_version import LineageRun
            from wandb_nb.data.media_store import MediaStore

            run = LineageRun(self._layout.run_id, self._project, self._entity)
            artifacts = RunArtifacts(self.path, self.writer.append, run)
            self._media = MediaStore(self.files, self.writer.append, self.redact.value, artifacts)
        return self._media

    @property
    def media_config(self) -> Mapping[str, Any]:
        """What media put into the tracker's own part of the config."""
        return self._media.config if self._media else {}

    def shared_steps(self) -> SharedSteps:
        """Return the counter of steps that several writers share."""
        return SharedSteps(self.path)

    def next_number(self, project: str) -> int:
        """Return the number of a new run in *project*, counted on this machine; 1 where nothing can be counted."""
        try:
            return self._registry.next_number(project)
        except StoreError:  # registering the run will report it
            return 1

    def begin(self, identity: RunIdentity, settings: Resolved, run_record: bytes, feature_record: bytes) -> None:
        """Write the records that a run starts with, start gathering metadata, and register the run."""
        self._project, self._entity = identity.project_name, identity.entity or ""
        self.writer.append(run_record)
        environment = self.metadata.gather(identity, settings, self.writer_id)
        self.writer.append(environment, feature_record)
        with self._registry_guarded():
            self.entry = self._registry.register(
                run_id=identity.id,
                path=self.path,
                project=identity.project_name,
                entity=identity.entity or "",
                name=identity.name,
                group=identity.group or "",
                created=identity.start_time,
                host=identity.host,
                kernel=host.kernel_id(),
                notebook=next(configured_paths(settings.notebook_name), None),
                cell=identity.cell,
                cell_id=host.cell_id(),
            )

    def mark_superseded(self, *, resumed: bool) -> None:
        """Mark earlier directories of this run id as continued by this one, if *resumed*, else as replaced."""
        if self.entry is not None:
            with self._registry_guarded():
                self._registry.supersede(self.entry, CONTINUED if resumed else REPLACED)

    def write_resume_file(self, run_id: str) -> None:
        """Have a later `init(resume="auto")` continue this run unless it ends with exit code 0."""
        self._resume_file.write(run_id)

    def update_registry(self, **changes: Any) -> None:
        """Store *changes* of the run in the registry."""
        if self.entry is not None:
            with self._registry_guarded():
                self.entry = self._registry.update(self.entry, **changes)

    @contextmanager
    def _registry_guarded(self) -> Iterator[None]:
        """Continue without a registry that cannot be written: the run is only missing from lists."""
        try:
            yield
        except StoreError as error:
            self._notice(f"{error}; the run continues but is not listed", FILES_LOST)

    def check_run_file(self) -> None:
        """Report a run file that was deleted."""
        self.writer.check()

    def is_stop_requested(self) -> bool:
        """Return whether a request to stop waits to be taken."""
        return self._layout.stop_file.exists()

    def take_stop_request(self) -> bool:
        """Return whether somebody asked the run to stop since the last call."""
        try:
            self._layout.stop_file.unlink()
        except OSError:  # there is no request
            return False
        return True

    def has_segments(self) -> bool:
        """Return whether other processes wrote something that is not in the run file yet."""
        return any(self._layout.segments.glob("*.wandb*"))

    def merge_segments(self) -> None:
        """Merge what other processes wrote into the run file, in the order of steps."""
        from wandb_nb.store.runs.segment_merge import merge_segments  # only runs of several processes load it

        merge_segments(self.path, self.writer)

    def flush(self) -> None:
        """Flush the run file to the disk itself."""
        self.writer.sync()

    def finalize(self, run_id: str, outcome: RunOutcome) -> None:
        """Store the outcome of the run in the registry and close everything."""
        if outcome.exit_code == 0:
            self._resume_file.remove(run_id)
        self.update_registry(
            state=outcome.state, exit_code=outcome.exit_code, ended=outcome.ended, summary=outcome.summary
        )
        self._close()

    def abandon(self) -> None:
        """Undo everything: the run could not begin."""
        self.metadata.join()
        if self.entry is not None:
            with self._registry_guarded():
                self._registry.forget(self.entry)
        self._close()
        self._layout.discard()

    def _close(self) -> None:
        self.writer.close()
        if self._lock is not None:
            self._lock.release()
