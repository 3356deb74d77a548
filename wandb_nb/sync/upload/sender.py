"""Sends one run file: registers its run on the server, then follows it until the run is completely there."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from wandb_nb.errors import AuthenticationError, CommError, RefusedError, StoreError
from wandb_nb.formatting import clean
from wandb_nb.host import command
from wandb_nb.store.format.layout import run_id
from wandb_nb.store.reading.tail import Tail, run_info
from wandb_nb.store.runs.sync_progress import (
    CONNECTING,
    ONLINE,
    REFUSED,
    WAITING,
    SyncProgress,
    load_progress,
    sync_lock,
)
from wandb_nb.store.writing.owner_lock import owner_alive
from wandb_nb.sync.http.operations import GraphQLClient
from wandb_nb.sync.http.transport import RequestSender, StopRequested, connect
from wandb_nb.sync.upload.outgoing_run import OutgoingRun
from wandb_nb.sync.upload.own_runs import predecessors_to_send
from wandb_nb.sync.upload.post_schedule import PostSchedule
from wandb_nb.sync.upload.run_follower import RunFollower
from wandb_nb.sync.upload.run_metadata import RunMetadataSync, Target
from wandb_nb.sync.upload.run_posts import RunPosts
from wandb_nb.sync.upload.run_uploads import RunUploads
from wandb_nb.sync.upload.stream_posts import FileStream
from wandb_nb.sync.upload.upload_thread import UploadThread
from wandb_nb.untrusted_file import create_marker

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from pathlib import Path

    from wandb_nb.sync.http.network import Network
    from wandb_nb.sync.http.operations import Bucket
    from wandb_nb.sync.http.transport import Transport

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
        self._transport, self._accepts_entity = transport, accepts_entity
        self.progress = self._initial_progress()
        self._outgoing = OutgoingRun(run_file, self.progress, report_progress or (lambda _progress: None))
        self._sender = RequestSender(transport, stop, self._outgoing.save_outage)
        self._graphql = GraphQLClient(network, self._sender)
        self._metadata = RunMetadataSync(self._outgoing, self._graphql)
        self._tail = Tail(run_file)

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
                        f"{self.run_file} is being sent by another process: '{command('status')}' shows how far"
                    )
                self._send(follow)
        finally:
            self._outgoing.records.console.close_file()
        return self.progress

    def _send(self, follow: bool) -> None:
        try:
            self._outgoing.save(CONNECTING)
            if follow and not self.progress.registered:  # the user's process waits for this answer
                self.progress.saves_code = self._graphql.saves_code()
            self._follow(self._register(), follow)
        except StopRequested:
            self._outgoing.save(WAITING, self.progress.message)
        except (RefusedError, AuthenticationError) as error:
            self.progress.status = getattr(error, "status", 401)
            self._outgoing.save(REFUSED, str(error))
        except CommError as error:
            self._outgoing.save(WAITING, str(error))
        if self.progress.done and self._target.mark_synced:
            with suppress(OSError):  # not a regular file, or a full disk: the run is sent again, to the same places
                create_marker(self.run_file.with_name(f"{self.run_file.name}.synced"), self.run_file.parent)

    def _follow(self, bucket: Bucket, follow: bool) -> None:
        """Send the run that is registered as *bucket*."""
        outgoing, network = self._outgoing, self._network
        uploads = RunUploads(
            outgoing,
            UploadThread(network, partial(connect, network), bucket, self._stop),
            ignore_globs=network.ignore_globs,
            follow_links=self._target.follow_links,
        )
        schedule = PostSchedule(network.post_interval_seconds)
        follower = RunFollower(
            outgoing,
            self._tail,
            schedule,
            self._stop,
            metadata=self._metadata,
            posts=RunPosts(outgoing, self._stream(bucket), schedule, uploads),
            uploads=uploads,
            heartbeat_seconds=network.heartbeat_seconds,
        )
        outgoing.save(ONLINE)
        try:
            follower.send_all(follow=follow)
        finally:
            uploads.close()

    def _stream(self, bucket: Bucket) -> FileStream:
        features = self._graphql.features() if self._network.gzip else frozenset()
        return FileStream(
            self._network,
            self._sender,
            self._graphql.headers,
            bucket,
            self._metadata.sequence,
            gzip="FILESTREAM_GZIP" in features,
        )

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

    def _register(self) -> Bucket:
        """Read up to the run record and register the run on the server, after the runs that it continues."""
        if not self.progress.registered and self._target.is_default:
            self._send_predecessors()
        is_empty = True
        while self._outgoing.records.run is None and (payloads := self._tail.read()):
            self._outgoing.records.apply(payloads)
            is_empty = False
        if is_empty and owner_alive(self.run_file.parent) is False:
            raise StoreError(f"{self.run_file} holds no readable record: no run was created on the server")
        self._check_entity()
        return self._metadata.register(self._target, run_id(self.run_file))

    def _check_entity(self) -> None:
        run, progress = self._outgoing.records.run, self.progress
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
