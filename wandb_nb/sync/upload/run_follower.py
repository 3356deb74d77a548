"""Reads a registered run's file as it grows, and sends what is due until the run is completely on the server."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from wandb_nb.errors import StoreError
from wandb_nb.store.format.layout import SEGMENTS
from wandb_nb.store.runs.repair import fold_after_crash
from wandb_nb.store.runs.sync_progress import DONE, ONLINE, WAITING
from wandb_nb.store.writing.owner_lock import owner_alive
from wandb_nb.sync.http.transport import StopRequested
from wandb_nb.sync.upload.generated_files import generate_files
from wandb_nb.sync.upload.stream_posts import MAX_POST_CHARACTERS
from wandb_nb.untrusted_file import is_folder

if TYPE_CHECKING:
    import threading

    from wandb_nb.store.reading.writer_tails import WriterTails
    from wandb_nb.sync.upload.outgoing_run import OutgoingRun
    from wandb_nb.sync.upload.post_schedule import PostSchedule
    from wandb_nb.sync.upload.run_metadata import RunMetadataSync
    from wandb_nb.sync.upload.run_posts import RunPosts
    from wandb_nb.sync.upload.run_uploads import RunUploads

POLL_SECONDS = 0.2
METADATA_EVERY_SECONDS = 2.0
FILES_EVERY_SECONDS = 5.0
OWNER_EVERY_SECONDS = 1.0
SAVE_EVERY_SECONDS = 0.5
UPLOAD_POLL_SECONDS = 0.02
CRASHED_EXIT_CODE = 1
"""The exit code of a run without one; the official tool sends the same."""


class RunFollower:
    """Follows a run to its end. Unsent data stays local; a *stop* ends every wait with StopRequested.

    While nothing is logged, a post is sent every *heartbeat_seconds*.
    """

    def __init__(
        self,
        outgoing: OutgoingRun,
        files: WriterTails,
        schedule: PostSchedule,
        stop: threading.Event,
        *,
        metadata: RunMetadataSync,
        posts: RunPosts,
        uploads: RunUploads,
        heartbeat_seconds: float,
    ) -> None:
        self._run_file, self._run, self._progress = outgoing.file, outgoing.records, outgoing.progress
        self._save, self._files, self._schedule, self._stop = outgoing.save, files, schedule, stop
        self._metadata, self._posts, self._uploads = metadata, posts, uploads
        self._heartbeat_seconds = heartbeat_seconds
        self._owner_alive: bool | None = True

    def send_all(self, *, follow: bool) -> None:
        """Send everything up to the end of the files; with *follow*, up to the end of the run.

        Raises:
            FilesReplacedError: What was read is no longer valid; another follower continues from the progress.
        """
        while self._step(follow):
            pass

    def _step(self, follow: bool) -> bool:
        """Read new records and send what is due; False when there is nothing left to do."""
        if self._read():
            if self._run.size >= MAX_POST_CHARACTERS:
                self._posts.post_full()
                self._progress.offset = self._files.run_tail.offset
            return True
        if self._notice_end_of_owner():
            return True
        if self._run.exit is not None or self._owner_alive is False:
            self._finish()
            return False
        self._send_due(now=not follow)
        if not follow:
            self._post_pending(with_open=True)
            self._await_uploads()
            self._posts.post(with_open=False)
            return False
        if self._stop.wait(POLL_SECONDS):
            raise StopRequested
        return True

    def _read(self) -> bool:
        """Read new records of all writers; return whether there were any."""
        self._files.find_segments()
        is_new = False
        for _, payloads in self._files.read():
            self._run.apply(payloads)
            is_new = is_new or bool(payloads)
        return is_new

    def _notice_end_of_owner(self) -> bool:
        """Return True once, when the run's process has ended without an exit record: more can be read now."""
        if self._run.exit is not None or self._owner_alive is not True:
            return False
        if self._schedule.is_due("owner", OWNER_EVERY_SECONDS):
            self._owner_alive = owner_alive(self._run_file.parent)
        if self._owner_alive is False:
            self._fold_segments()
            return True
        return False

    def _fold_segments(self) -> None:
        """Merge the segments that a dead owner left."""
        if is_folder(self._run_file.parent / SEGMENTS):
            with suppress(StoreError):  # another process does it now, or it is not permitted: the rows so far count
                fold_after_crash(self._run_file.parent)
        self._files.finalize()

    def _send_due(self, *, now: bool) -> None:
        if now or self._schedule.is_due("metadata", METADATA_EVERY_SECONDS):
            self._metadata.update()
            self._metadata.send_alerts()
        if now or self._schedule.is_due("files", FILES_EVERY_SECONDS):
            self._uploads.upload(("now", "live"))
        self._uploads.collect()
        if self._schedule.is_post_due():
            self._post_pending(with_open=True)
        self._posts.post_heartbeat(self._heartbeat_seconds)

    def _post_pending(self, *, with_open: bool) -> None:
        self._posts.post_pending(with_open=with_open)
        self._progress.offset = self._files.run_tail.offset

    def _finish(self) -> None:
        """Send the rest, the final files and the exit code."""
        run, progress = self._run, self._progress
        run.finish()
        self._report_damage()
        self._post_pending(with_open=False)
        self._metadata.update()
        self._metadata.send_alerts()
        self._uploads.upload(("now", "live", "end"), generate_files(run))
        self._await_uploads()
        progress.exit_code = run.exit.code if run.exit else CRASHED_EXIT_CODE
        self._posts.post(with_open=False, complete=True, exitcode=progress.exit_code)
        if run.exit is None:
            self._metadata.mark_crashed()
        progress.offset = self._files.run_tail.offset
        self._save(DONE)

    def _report_damage(self) -> None:
        run, progress = self._run, self._progress
        tails = self._files.tails()
        progress.damaged = bool(run.unreadable or any(tail.damage for tail in tails))
        if progress.damaged:
            lost = sum(tail.lost for tail in tails)
            progress.add_problem(
                f"{lost} bytes and {run.unreadable} records of {self._run_file} cannot be read; "
                "everything else was sent"
            )

    def _await_uploads(self) -> None:
        """Wait until all files have arrived or failed; heartbeats meanwhile keep the run active on the server."""
        while self._uploads.collect():
            outage = self._uploads.outage
            if self._schedule.is_due("save", SAVE_EVERY_SECONDS):
                self._save(WAITING if outage else ONLINE, outage)
            self._posts.post_heartbeat(self._heartbeat_seconds)
            if self._stop.wait(UPLOAD_POLL_SECONDS):
                raise StopRequested
