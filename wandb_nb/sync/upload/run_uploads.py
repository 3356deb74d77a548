"""The files of a run on their way to the server: which ones it lacks, and which have arrived."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from wandb_nb.artifacts.server_numbers import store_server_number
from wandb_nb.host import command
from wandb_nb.store.format.artifact_record import ArtifactRecord, LinkedVersion, UsedVersion
from wandb_nb.store.reading.version_log import VersionLog
from wandb_nb.sync.upload.local_files import LocalFiles
from wandb_nb.sync.upload.upload_thread import UploadFile, UploadThread

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wandb_nb.sync.upload.outgoing_run import OutgoingRun
    from wandb_nb.sync.upload.upload_thread import Upload


class RunUploads:
    """Sends the files of a run by the upload *thread*, and counts them in its progress.

    Files that match one of *ignore_globs* are not sent; *follow_links* sends those that links lead to. `unannounced`
    names files that arrived and that no post has announced yet.
    """

    def __init__(
        self,
        outgoing: OutgoingRun,
        thread: UploadThread,
        *,
        ignore_globs: tuple[str, ...] = (),
        follow_links: bool = False,
    ) -> None:
        self._local_files = LocalFiles(outgoing.directory, follow_links=follow_links)
        self._run, self._progress = outgoing.records, outgoing.progress
        self._version_log = VersionLog(outgoing.directory)
        self._thread, self._ignore_globs = thread, ignore_globs
        self.unannounced: list[str] = []

    @property
    def outage(self) -> str:
        """Why the server does not accept files at the moment."""
        return self._thread.outage

    def upload(self, policies: tuple[str, ...], generated: Mapping[str, bytes] | None = None) -> None:
        """Queue the files with these *policies* and the artifacts that the server lacks, and the *generated* files."""
        self._queue_artifacts()
        files = {
            name: UploadFile(content, len(content))
            for name, content in (generated or {}).items()
            if not self._is_ignored(name)
        }
        for local in self._local_files.select(self._run.files, policies):
            if self._is_ignored(local.name):
                continue
            with suppress(OSError):
                status = local.status()
                file = UploadFile(local.open, status.st_size, (status.st_size, status.st_mtime_ns))
                if local.name not in files and not self._is_sent(local.name, file):
                    files[local.name] = file
        self._report_skipped()
        if files:
            self._thread.send(files)
            self._count_pending()

    def collect(self) -> bool:
        """Record the files that have arrived; return whether any upload is pending."""
        arrived = self._thread.collect(self._progress.add_problem)
        self._progress.files |= {name: list(stamp) for name, stamp in arrived.items() if stamp}
        self.unannounced += [name for name in arrived if name not in self.unannounced]
        for upload, number in self._thread.stored_artifacts:
            self._record_artifact(upload, number)
        self._thread.stored_artifacts = []
        self._count_pending()
        return bool(self._thread.pending or self._thread.pending_artifacts)

    def close(self) -> None:
        """Let the upload thread end."""
        self._thread.close()

    def _record_artifact(self, upload: Upload, number: int | None) -> None:
        match upload:
            case ArtifactRecord():
                self._progress.artifacts.append(upload.client_id)
                if number is not None and (local := store_server_number(upload, self._progress.server, number)):
                    self._progress.version_numbers[local] = f"v{number}"
            case UsedVersion():
                self._progress.used.append(upload.client_id)
            case LinkedVersion():
                self._progress.links.append(_link_key(upload))

    def _queue_artifacts(self) -> None:
        unsent = [record for record in self._run.artifacts if record.client_id not in self._progress.artifacts]
        if unsent:
            self._version_log.advance()
        steps = {version.client_id: version.step for version in self._version_log.versions}
        for record in unsent:
            self._thread.send_artifact(replace(record, step=steps.get(record.client_id)))
        for used in self._run.used_versions:  # after what the run itself logged
            if used.client_id not in self._progress.used:
                self._thread.send_artifact(used)
        for link in self._run.linked_versions:
            if _link_key(link) not in self._progress.links:
                self._thread.send_artifact(link)
        self._run.artifacts.clear()
        self._run.linked_versions.clear()
        self._run.used_versions.clear()

    def _report_skipped(self) -> None:
        for name in sorted(self._local_files.skipped):
            self._progress.add_problem(
                f"{name} is a link that leads out of the run directory and was not sent: "
                f"'{command('sync --follow-links --include-synced')}' sends it"
            )

    def _is_ignored(self, name: str) -> bool:
        return any(fnmatchcase(name, pattern) for pattern in self._ignore_globs)

    def _is_sent(self, name: str, file: UploadFile) -> bool:
        """Return whether the server has this version of *file*, or the upload of it is pending."""
        pending = self._thread.pending.get(name)
        return file.stamp in (pending and pending.stamp, tuple(self._progress.files.get(name, ())))

    def _count_pending(self) -> None:
        artifacts = [each for each in self._thread.pending_artifacts if isinstance(each, ArtifactRecord)]
        sizes = [entry.size for record in artifacts for entry in record.entries.values() if not entry.ref]
        sizes += [file.size for file in self._thread.pending.values()]
        self._progress.files_left, self._progress.bytes_left = len(sizes), sum(sizes)


def _link_key(link: LinkedVersion) -> str:
    return f"{link.client_id} {link.path} {' '.join(link.aliases)}"
