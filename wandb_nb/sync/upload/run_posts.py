"""Posts a run's pending lines and its summary, and forwards a stop that the answers ask for."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, Any

from wandb_nb.store.format.layout import CONTROL
from wandb_nb.store.runs.sync_progress import ONLINE
from wandb_nb.store.writing.owner_lock import owner_alive
from wandb_nb.sync.upload.lines.history_lines import OWNER
from wandb_nb.sync.upload.stream_posts import MAX_POST_CHARACTERS, StreamPost
from wandb_nb.untrusted_file import create_marker

if TYPE_CHECKING:
    from wandb_nb.sync.upload.outgoing_run import OutgoingRun
    from wandb_nb.sync.upload.post_schedule import PostSchedule
    from wandb_nb.sync.upload.run_uploads import RunUploads
    from wandb_nb.sync.upload.stream_posts import FileStream


class RunPosts:
    """The posts of one registered run by *stream*; they also announce *uploads* that have arrived."""

    def __init__(self, outgoing: OutgoingRun, stream: FileStream, schedule: PostSchedule, uploads: RunUploads) -> None:
        self._directory, self._save = outgoing.directory, outgoing.save
        self._run, self._progress = outgoing.records, outgoing.progress
        self._stream, self._schedule, self._uploads = stream, schedule, uploads
        self._sent_summary = ""
        self._sent_preempting = self._forwarded_stop = False

    def post_full(self) -> None:
        """Post lines as long as there are enough for a full post."""
        while self._run.size >= MAX_POST_CHARACTERS:
            self.post(with_open=False)

    def post_pending(self, *, with_open: bool) -> None:
        """Post all pending lines and the summary if it changed; *with_open* also the step that is not complete."""
        while self._run.size > MAX_POST_CHARACTERS:
            self.post(with_open=False)
        summary = self._run.summary_line()
        changed = summary if summary != self._sent_summary else ""
        self.post(with_open=with_open, summary=changed)
        while self._run.size:
            self.post(with_open=with_open)
        self._sent_summary = summary

    def post(self, *, with_open: bool, summary: str = "", **more: Any) -> None:
        """Send the next lines, the *summary* and the fields in *more* in one post, unless there are none."""
        post = StreamPost(self._run, self._progress.bases, with_open=with_open, summary=summary)
        body: dict[str, Any] = {"files": post.files} if post.files else {}
        if self._uploads.unannounced:
            body["uploaded"] = self._uploads.unannounced
        if self._run.preempting and not self._sent_preempting:
            body["preempting"] = self._sent_preempting = True
        body |= more
        if body:
            self._send(body)
            post.acknowledge()
            self._uploads.unannounced = []
            self._record_acknowledged()

    def post_heartbeat(self, seconds: float) -> None:
        """Send an empty post if the last post is *seconds* ago; it keeps the run active on the server."""
        if self._schedule.is_silent_for(seconds):
            self._send({})

    def _record_acknowledged(self) -> None:
        run = self._run
        self._progress.acknowledged = {
            kind: getattr(run, kind).acknowledged for kind in ("history", "events", "console")
        }
        self._progress.writers = {
            writer: count for writer, count in run.history.acknowledged_by_writer.items() if writer != OWNER
        }
        self._progress.rows = run.history.rows
        self._save(ONLINE)

    def _send(self, body: dict[str, Any]) -> None:
        self._stream.post(body)
        self._schedule.record_post(self._stream.spacing_seconds)
        if self._stream.stop_requested and not self._forwarded_stop:
            self._forwarded_stop = True
            self._forward_stop()

    def _forward_stop(self) -> None:
        """Create the file that asks the run to stop, because somebody pressed Stop on the server's page."""
        if owner_alive(self._directory):
            folder = self._directory / CONTROL
            with suppress(OSError):
                folder.mkdir(exist_ok=True)
                create_marker(folder / "stop", self._directory)
