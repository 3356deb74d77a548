"""Sends one run file, following it until the run is completely on the server."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import AuthenticationError, CommError, RefusedError, StoreError
from wandb_nb.formatting import clean
from wandb_nb.store.format.layout import CONTROL, SEGMENTS, run_id
from wandb_nb.store.reading.tail import Tail, run_info
from wandb_nb.store.runs.repair import fold_after_crash
from wandb_nb.store.runs.sync_progress import (
    CONNECTING,
    DONE,
    ONLINE,
    REFUSED,
    WAITING,
    SyncProgress,
    load_progress,
    store_progress,
    sync_lock,
)
from wandb_nb.store.writing.owner_lock import owner_alive
from wandb_nb.sync.http.operations import GraphQLClient
from wandb_nb.sync.http.transport import RequestSender, StopRequested, connect
from wandb_nb.sync.upload.accumulator import RunAccumulator
from wandb_nb.sync.upload.generated_files import generate_files
from wandb_nb.sync.upload.own_runs import predecessors_to_send
from wandb_nb.sync.upload.post_schedule import PostSchedule
from wandb_nb.sync.upload.run_metadata import RunMetadataSync, Target
from wandb_nb.sync.upload.stream_posts import MAX_POST_CHARACTERS, FileStream, StreamPost
from wandb_nb.sync.upload.upload_thread import UploadThread
from wandb_nb.untrusted_file import is_folder, open_descriptor

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from pathlib import Path

    from wandb_nb.sync.http.network import Network
    from wandb_nb.sync.http.transport import Transport

POLL_SECONDS = 0.2
METADATA_EVERY_SECONDS = 2.0
FILES_EVERY_SECONDS = 5.0
OWNER_EVERY_SECONDS = 1.0
SAVE_EVERY_SECONDS = 0.5
UPLOAD_POLL_SECONDS = 0.02
CRASHED_EXIT_CODE = 1
"""The exit code of a run without one; the official tool sends the same."""
DEFAULT_TARGET = Target()


class RunSender:
    """Sends *run_file*. Use one thread for each. *stop* ends every wait; unsent data stays local.

    *accepts_entity* decides on the entity that the run's files name, which somebody else may have written; by default
    any is accepted. It is called only if *target* names none.
    *report_progress* is called after each answer of the server, once the progress is on disk.
    """

    def __init__(
        self,
        run_file: Path,
        network: Network,
        transport: Transport,
        stop: threading.Event,
        *,
        target: Target = DEFAULT_TARGET,
        accepts_entity: Callable[[str], bool] | None = None,
        report_progress: Callable[[SyncProgress], None] | None = None,
    ) -> None:
        self.run_file, self._network, self._stop, self._target = run_file, network, stop, target
        self._report_progress = report_progress or (lambda _progress: None)
        self._transport, self._accepts_entity = transport, accepts_entity
        self._sender = RequestSender(transport, stop, self._save_outage)
        self._graphql = GraphQLClient(network, self._sender)
        self.progress = self._initial_progress()
        self._run = RunAccumulator(self.progress.acknowledged, self.progress.add_problem)
        self._tail = Tail(run_file)
        self._schedule = PostSchedule(network.post_interval_seconds)
        self._stream: FileStream | None = None
        self._sent_summary = ""
        self._metadata = RunMetadataSync(
            run_file,
            self._graphql,
            self._run,
            self.progress,
            self._save,
            ignore_globs=network.ignore_globs,
            follow_links=target.follow_links,
        )
        self._forwarded_stop = False
        self._sent_preempting = False
        self._owner_alive: bool | None = True

    def send(self, *, follow: bool) -> SyncProgress:
        """Send the run and return its progress; with *follow*, wait for the end of a run that is still active.

        Refusals and outages are in the progress: `state`, `message`, `problems`.

        Raises:
            StoreError: The file cannot be read, or another process is sending it.
        """
        try:
            with sync_lock(self.run_file) as is_mine:
                if not is_mine:
                    raise StoreError(
                        f"{self.run_file} is being sent by another process: 'wandb-nb status' shows how far"
                    )
                self._send(follow)
        finally:
            self._metadata.close()
            self._run.console.close_file()
        return self.progress

    def _send(self, follow: bool) -> None:
        try:
            self._save(CONNECTING)
            if follow and not self.progress.registered:  # the user's process waits for this answer
                self.progress.saves_code = self._graphql.saves_code()
            self._register()
            while self._step(follow):
                pass
        except StopRequested:
            self._save(WAITING, self.progress.message)
        except (RefusedError, AuthenticationError) as error:
            self.progress.status = getattr(error, "status", 401)
            self._save(REFUSED, str(error))
        except CommError as error:
            self._save(WAITING, str(error))

    # -- registration

    def _initial_progress(self) -> SyncProgress:
        """Return the progress on disk if it is of the same server and target, else a new one."""
        requested = [self._target.run_id, self._target.project, self._target.entity]
        progress = load_progress(self.run_file)
        if progress is None or (progress.server, progress.requested) != (self._network.base_url, requested):
            return SyncProgress(server=self._network.base_url, requested=requested)
        progress.state, progress.message, progress.status, progress.problems = CONNECTING, "", 0, []
        progress.files_left = progress.bytes_left = 0
        progress.order += 1  # the last number used may not have been saved
        if self._target.resend:  # to the same line numbers
            progress.acknowledged = dict.fromkeys(progress.acknowledged, 0)
            progress.files, progress.described = {}, ""
        return progress

    def _register(self) -> None:
        """Read up to the run record and register the run on the server, after the runs that it continues."""
        if not self.progress.registered and self._target.is_default:
            self._send_predecessors()
        is_empty = True
        while self._run.run is None and (payloads := self._tail.read()):
            self._run.apply(payloads)
            is_empty = False
        if is_empty and owner_alive(self.run_file.parent) is False:
            raise StoreError(f"{self.run_file} holds no readable record: no run was created on the server")
        self._check_entity()
        bucket = self._metadata.register(self._target, run_id(self.run_file))
        features = self._graphql.features() if self._network.gzip else frozenset()
        self._stream = FileStream(
            self._network,
            self._sender,
            self._graphql.headers,
            bucket,
            self._metadata.sequence,
            gzip="FILESTREAM_GZIP" in features,
        )
        self._metadata.uploads = UploadThread(self._network, partial(connect, self._network), bucket, self._stop)
        self._save(ONLINE)

    def _check_entity(self) -> None:
        run, progress = self._run.run, self.progress
        entity = progress.entity if progress.registered else run.entity if run else ""
        if entity and not self._target.entity and self._accepts_entity and not self._accepts_entity(entity):
            raise RefusedError(
                f"its files name the entity {clean(entity)}, which is neither your account nor one of its teams: "
                f"check it, and send the run with --entity {clean(entity)}",
                0,
            )

    def _send_predecessors(self) -> None:
        """Send what the server lacks of the runs that this one continues: its rows follow theirs."""
        for run_file in predecessors_to_send(self.run_file):
            progress = load_progress(run_file)
            if progress is not None and progress.server == self._network.base_url and progress.done:
                continue
            if progress is None and self._graphql.has_rows(run_info(run_file)):
                self.progress.add_problem(f"{run_file.parent.name} was not sent: the server has other rows of that run")
                continue
            sender = RunSender(
                run_file,
                self._network,
                self._transport,
                self._stop,
                target=self._target,
                accepts_entity=self._accepts_entity,
            )
            outcome = sender.send(follow=False)
            if outcome.state == REFUSED:
                raise RefusedError(outcome.message, outcome.status)
            if outcome.state == WAITING:
                raise CommError(f"its earlier part {run_file.parent.name} is not sent yet: {outcome.message}")

    # -- rows

    def _step(self, follow: bool) -> bool:
        """Read new records and send what is due; False when there is nothing left to do."""
        payloads = self._tail.read()
        self._run.apply(payloads)
        if payloads:
            if self._run.size >= MAX_POST_CHARACTERS:
                self._post_full()
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
            self._post_once(with_open=False, summary="")
            return False
        if self._stop.wait(POLL_SECONDS):
            raise StopRequested
        return True

    def _notice_end_of_owner(self) -> bool:
        """Return True once, when the run's process has ended without an exit record: more can be read now."""
        if self._run.exit is not None or self._owner_alive is not True:
            return False
        if self._schedule.is_due("owner", OWNER_EVERY_SECONDS):
            self._owner_alive = owner_alive(self.run_file.parent)
        if self._owner_alive is False:
            self._fold_segments()
            return True
        return False

    def _fold_segments(self) -> None:
        """Merge the segments that a dead owner left."""
        if is_folder(self.run_file.parent / SEGMENTS):
            with suppress(StoreError):  # another process does it now, or it is not permitted: the rows so far count
                fold_after_crash(self.run_file.parent)
        self._tail.finalize()

    def _send_due(self, *, now: bool) -> None:
        if now or self._schedule.is_due("metadata", METADATA_EVERY_SECONDS):
            self._metadata.update()
            self._metadata.send_alerts()
        if now or self._schedule.is_due("files", FILES_EVERY_SECONDS):
            self._metadata.upload_files(("now", "live"))
        self._metadata.collect_uploads()
        if self._schedule.is_post_due():
            self._post_pending(with_open=True)
        if self._schedule.is_silent_for(self._network.heartbeat_seconds):
            self._send_body({})

    def _post_full(self) -> None:
        while self._run.size >= MAX_POST_CHARACTERS:
            self._post_once(with_open=False, summary="")
        self.progress.offset = self._tail.offset

    def _post_pending(self, *, with_open: bool) -> None:
        """Post all pending lines and the summary if it changed."""
        while self._run.size > MAX_POST_CHARACTERS:
            self._post_once(with_open=False, summary="")
        summary = self._run.summary_line()
        changed = summary if summary != self._sent_summary else ""
        self._post_once(with_open=with_open, summary=changed)
        while self._run.size:
            self._post_once(with_open=with_open, summary="")
        self._sent_summary = summary
        self.progress.offset = self._tail.offset

    def _post_once(self, *, with_open: bool, summary: str, **more: Any) -> None:
        post = StreamPost(self._run, self.progress.bases, with_open=with_open, summary=summary)
        body: dict[str, Any] = {"files": post.files} if post.files else {}
        if self._metadata.uploaded:
            body["uploaded"] = self._metadata.uploaded
        if self._run.preempting and not self._sent_preempting:
            body["preempting"] = self._sent_preempting = True
        body |= more
        if body:
            self._send_body(body)
            post.acknowledge()
            self._metadata.uploaded = []
            run = self._run
            self.progress.acknowledged = {
                kind: getattr(run, kind).acknowledged for kind in ("history", "events", "console")
            }
            self.progress.rows = run.history.rows
            self._save(ONLINE)

    def _send_body(self, body: dict[str, Any]) -> None:
        assert self._stream is not None  # noqa: S101 -- made by _register
        self._stream.post(body)
        self._schedule.record_post(self._stream.spacing_seconds)
        if self._stream.stop_requested and not self._forwarded_stop:
            self._forwarded_stop = True
            self._forward_stop()

    def _forward_stop(self) -> None:
        """Create the file that asks the run to stop, because somebody pressed Stop on the server's page."""
        if owner_alive(self.run_file.parent):
            folder = self.run_file.parent / CONTROL
            with suppress(OSError):
                folder.mkdir(exist_ok=True)
                _create(folder / "stop", self.run_file.parent)

    # -- the end

    def _finish(self) -> None:
        """Send the rest, the final files and the exit code."""
        run, progress = self._run, self.progress
        run.finish()
        progress.damaged = bool(run.unreadable or self._tail.damage)
        if progress.damaged:
            progress.add_problem(
                f"{self._tail.lost} bytes and {run.unreadable} records of {self.run_file} cannot be read; "
                "everything else was sent"
            )
        self._post_pending(with_open=False)
        self._metadata.update()
        self._metadata.send_alerts()
        self._metadata.upload_files(("now", "live", "end"), generate_files(run))
        self._await_uploads()
        progress.exit_code = run.exit.code if run.exit else CRASHED_EXIT_CODE
        self._post_once(with_open=False, summary="", complete=True, exitcode=progress.exit_code)
        if run.exit is None:
            self._metadata.mark_crashed()
        progress.offset = self._tail.offset
        self._save(DONE)
        if self._target.mark_synced:
            with suppress(OSError):  # not a regular file, or a full disk: the run is sent again, to the same places
                _create(self.run_file.with_name(f"{self.run_file.name}.synced"), self.run_file.parent)

    def _await_uploads(self) -> None:
        """Wait until all files have arrived or failed; heartbeats meanwhile keep the run active on the server."""
        while self._metadata.collect_uploads():
            outage = self._metadata.outage
            if self._schedule.is_due("save", SAVE_EVERY_SECONDS):
                self._save(WAITING if outage else ONLINE, outage)
            if self._schedule.is_silent_for(self._network.heartbeat_seconds):
                self._send_body({})
            if self._stop.wait(UPLOAD_POLL_SECONDS):
                raise StopRequested

    def _save_outage(self, text: str | None) -> None:
        self._save(ONLINE if text is None else WAITING, text or "")

    def _save(self, state: str, message: str = "") -> None:
        self.progress.state, self.progress.message = state, message
        with suppress(OSError):  # on a full disk some lines are sent again, to the same line numbers
            store_progress(self.run_file, self.progress)
        self._report_progress(self.progress)


def _create(path: Path, directory: Path) -> None:
    """Create the marker file *path* in the run *directory*, in which a link may be in its place."""
    os.close(open_descriptor(path, os.O_WRONLY | os.O_CREAT, below=directory))
