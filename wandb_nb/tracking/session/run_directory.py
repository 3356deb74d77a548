"""Everything of a run that lies on disk: directory, run file, owner's lock, registry entry, side files."""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from wandb_nb import host
from wandb_nb.capture.cells import notebook_file
from wandb_nb.errors import StoreError
from wandb_nb.store.format.layout import RunDir
from wandb_nb.store.runs.registry import CONTINUED, REPLACED, Registry
from wandb_nb.store.writing.owner_lock import OwnerLock
from wandb_nb.store.writing.segments import SharedSteps, fold_segments
from wandb_nb.store.writing.writer import RunWriter
from wandb_nb.tracking.session.metadata_files import MetadataFiles
from wandb_nb.tracking.session.notices import FILES_LOST, ROWS_LOST
from wandb_nb.tracking.session.run_capture import RunCapture
from wandb_nb.tracking.start.resume_file import ResumeFile

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wandb_nb.capture.secrets.redact import Redactor
    from wandb_nb.settings import Resolved
    from wandb_nb.store.runs.registry import RunEntry
    from wandb_nb.tracking.run import Run
    from wandb_nb.tracking.session.sync_handle import SyncHandle
    from wandb_nb.tracking.start.identity import RunIdentity
    from wandb_nb.tracking.start.telemetry import FeatureUse


class Notice(Protocol):
    """What tells the user one thing, each *key* once."""

    def __call__(self, text: str, key: str | None = None) -> None:
        """Tell *text*."""


class RunDirectory:
    """Makes the run directory and opens what is in it; `leave()` gives everything back.

    *notice* tells the user what went wrong with the disk.  Raises StoreError when no run file can be made.
    """

    def __init__(self, identity: RunIdentity, settings: Resolved, notice: Notice, mode: str, redact: Redactor) -> None:
        when = datetime.fromtimestamp(identity.start_time)  # noqa: DTZ006 -- directory names are in local time
        self._notice = notice
        offline, link = mode != "online", settings.symlink
        self._dir = RunDir.create(settings.root_dir, identity.id, offline=offline, when=when, link=link)
        if self._dir.warning:
            notice(self._dir.warning)
        self._lock = OwnerLock(self._dir.path)
        self._lock.acquire()
        self.writer = RunWriter(self._dir.run_file, on_error=settings.on_store_error, warn=self._rows_lost)
        self.redact = redact
        self.run_files = MetadataFiles(self._dir.files, self.writer.append, self._tell, redact)
        self.observers: RunCapture | None = None
        self.writer_id = secrets.token_hex(16)
        self.entry: RunEntry | None = None
        self.linked: set[Path] = set()
        self.online: SyncHandle | None = None
        """The run's way to the server; None for a run that stays here."""
        self._mode = mode
        self._registry = Registry()
        self._resume_file = ResumeFile(self._dir.path.parent)

    @property
    def path(self) -> Path:
        """The run directory."""
        return self._dir.path

    @property
    def files(self) -> Path:
        """The folder of the run's files."""
        return self._dir.files

    @property
    def run_file(self) -> Path:
        """The run file."""
        return self._dir.run_file

    def shared_steps(self) -> SharedSteps:
        """Return the counter of steps for when there is more than one writer."""
        return SharedSteps(self._dir.path)

    def next_number(self, project: str) -> int:
        """Return the number of a new run in *project*, counted on this machine; 1 where nothing can be counted."""
        try:
            return self._registry.next_number(project)
        except StoreError:  # registering the run will tell
            return 1

    def begin(self, run: Run, used: FeatureUse) -> None:
        """Write the records that a run starts with, start gathering files, and register the run."""
        self._notice = run.notice
        self.writer.append(run.record())
        environment = self.run_files.gather(run.identity, run.settings, self.writer_id)
        self.writer.append(environment, used.record())
        with self._registry_guarded():
            self.entry = self._registry.register(
                run_id=run.id,
                path=self.path,
                project=run.project,
                entity=run.entity or "",
                name=run.name,
                group=run.group or "",
                created=run.start_time,
                host=run.identity.host,
                kernel=host.kernel_id(),
                notebook=next(notebook_file.told(run.settings.notebook_name), None),
                cell=run.identity.cell,
            )

    def settle(self, run: Run) -> None:
        """Let the run, which has begun, take the place of the earlier ones of its id."""
        if self.entry is not None:
            with self._registry_guarded():
                self._registry.supersede(self.entry, CONTINUED if run.resumed else REPLACED)
        if run.settings.resume == "auto":
            self._resume_file.write(run.id)

    def observe(self, run: Run) -> None:
        """Begin to take down what the program prints and what the machine does."""
        self.observers = RunCapture(run, self)
        self.observers.start()

    def prepare(self, run: Run) -> None:
        """Start the background process of an online run; raises what `SyncHandle.prepare` raises."""
        if self._mode == "online":
            from wandb_nb.tracking.session.sync_handle import SyncHandle  # other runs need nothing of it

            online = SyncHandle(self.run_file, run.settings, run.notice)
            online.prepare()
            self.online = online

    def go_online(self) -> None:
        """Have an online run sent to the server from now on; raises what `SyncHandle.begin` raises."""
        if self.online is not None:
            self.online.begin()

    def note(self, **changes: Any) -> None:
        """Bring the registry up to date."""
        if self.entry is not None:
            with self._registry_guarded():
                self.entry = self._registry.update(self.entry, **changes)

    @contextmanager
    def _registry_guarded(self) -> Iterator[None]:
        """Let a registry that cannot be written cost the run nothing but its place in the lists."""
        try:
            yield
        except StoreError as error:
            self._notice(f"{error}; the run goes on without being listed", FILES_LOST)

    def check(self) -> None:
        """See whether the run file is still there, and tell if it is not."""
        self.writer.check()

    def _rows_lost(self, text: str) -> None:
        self._notice(text, ROWS_LOST)

    def _tell(self, text: str, key: str | None = None) -> None:
        self._notice(text, key)

    def take_stop_request(self) -> bool:
        """Return whether somebody asked the run to stop since the last call."""
        try:
            self._dir.stop_file.unlink()
        except OSError:  # nobody did
            return False
        return True

    def has_segments(self) -> bool:
        """Tell whether other processes wrote something that is not in the run file yet."""
        return any(self._dir.segments.glob("*.wandb*"))

    def fold_segments(self) -> None:
        """Take what other processes wrote into the run file."""
        fold_segments(self.path, self.writer)

    def sync(self) -> None:
        """Bring the run file onto the disk itself."""
        self.writer.sync()

    def leave(self, run: Run) -> None:
        """Give everything back after the run's end."""
        ended = run.start_time + run.runtime
        if run.exit_code == 0:
            self._resume_file.remove(run.id)
        self.note(state=run.state, exit_code=run.exit_code, ended=ended, summary=run.summary.as_dict())
        self._close()

    def abandon(self) -> None:
        """Undo everything: the run could not begin."""
        self.run_files.join()
        if self.entry is not None:
            with self._registry_guarded():
                self._registry.forget(self.entry)
        self._close()
        self._dir.discard()

    def _close(self) -> None:
        self.writer.close()
        self._lock.release()
