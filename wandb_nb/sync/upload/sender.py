"""Sends one run file: registers its run on the server, then follows it until the run is completely there."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING

from wandb_nb.artifacts.object_files import open_content
from wandb_nb.errors import CommError, RefusedError
from wandb_nb.store.reading.tail import run_info
from wandb_nb.store.reading.writer_tails import FilesReplacedError
from wandb_nb.store.runs.sync_progress import ONLINE, REFUSED, WAITING, SyncProgress, load_progress
from wandb_nb.sync.http.transport import connect
from wandb_nb.sync.upload.own_runs import predecessors_to_send
from wandb_nb.sync.upload.post_schedule import PostSchedule
from wandb_nb.sync.upload.registration import RunRegistration
from wandb_nb.sync.upload.run_follower import RunFollower
from wandb_nb.sync.upload.run_metadata import Target
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
        self._transport, self._accepts_entity, self._report_progress = transport, accepts_entity, report_progress
        self._begin()

    def _begin(self) -> None:
        """Begin with the progress on disk."""
        self._registration = RunRegistration(
            self.run_file,
            self._network,
            self._transport,
            self._stop,
            target=self._target,
            accepts_entity=self._accepts_entity,
            report_progress=self._report_progress,
        )
        self.progress = self._registration.progress

    def send(self, *, follow: bool) -> SyncProgress:
        """Send the run and return its progress; with *follow*, wait for the end of a run that is still active.

        Refusals and outages are in the progress: `state`, `message`, `problems`.

        Raises:
            StoreError: The file cannot be read, or another process is sending it.
        """
        while not self._send(follow):
            self._begin()
        if self.progress.done and self._target.mark_synced:
            with suppress(OSError):  # not a regular file, or a full disk: the run is sent again, to the same places
                create_marker(self.run_file.with_name(f"{self.run_file.name}.synced"), self.run_file.parent)
        return self.progress

    def _send(self, follow: bool) -> bool:
        """Send the run; return False if its files were replaced meanwhile, so that they must be read again."""
        registration = self._registration
        with registration.attempt():
            if follow and not self.progress.registered:  # the user's process waits for this answer
                registration.ask_about_account()
            if not self.progress.registered and self._target.is_default:
                self._send_predecessors()
            bucket = registration.register()
            try:
                self._follow(bucket, follow)
            except FilesReplacedError:
                registration.outgoing.save(ONLINE)
                return False
        return True

    def _follow(self, bucket: Bucket, follow: bool) -> None:
        """Send the run that is registered as *bucket*."""
        outgoing, network = self._registration.outgoing, self._network
        uploads = RunUploads(
            outgoing,
            UploadThread(
                network,
                partial(connect, network),
                bucket,
                self._stop,
                partial(open_content, outgoing.directory),
            ),
            ignore_globs=network.ignore_globs,
            follow_links=self._target.follow_links,
        )
        schedule = PostSchedule(network.post_interval_seconds)
        follower = RunFollower(
            outgoing,
            self._registration.files,
            schedule,
            self._stop,
            metadata=self._registration.metadata,
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
        graphql = self._registration.graphql
        features = graphql.features() if self._network.gzip else frozenset()
        return FileStream(
            self._network,
            self._registration.sender,
            graphql.headers,
            bucket,
            self._registration.metadata.sequence,
            gzip="FILESTREAM_GZIP" in features,
        )

    def _send_predecessors(self) -> None:
        """Send what the server lacks of the runs that this one continues: its rows follow theirs."""
        for run_file in predecessors_to_send(self.run_file):
            progress = load_progress(run_file)
            if progress is not None and progress.server == self._network.base_url and progress.done:
                continue
            if progress is None and self._registration.graphql.has_rows(run_info(run_file)):
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
