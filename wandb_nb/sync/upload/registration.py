"""Registers a run on the server: the first part of sending it, which the user's process may do by itself."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from wandb_nb.errors import AuthenticationError, CommError, RefusedError, StoreError
from wandb_nb.formatting import clean
from wandb_nb.host import command
from wandb_nb.store.format.layout import run_id
from wandb_nb.store.reading.writer_tails import WriterTails
from wandb_nb.store.runs.sync_progress import (
    CONNECTING,
    REFUSED,
    WAITING,
    SyncProgress,
    load_progress,
    sync_lock,
)
from wandb_nb.store.writing.owner_lock import owner_alive
from wandb_nb.sync.http.operations import GraphQLClient
from wandb_nb.sync.http.transport import RequestSender, StopRequested
from wandb_nb.sync.upload.outgoing_run import OutgoingRun
from wandb_nb.sync.upload.run_metadata import RunMetadataSync, Target

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from wandb_nb.sync.http.network import Network
    from wandb_nb.sync.http.operations import Bucket
    from wandb_nb.sync.http.transport import Transport


TOKEN = re.compile(r"[\w.-]{1,500}", re.ASCII)


class RunRegistration:
    """The run of *run_file* up to its registration, and what the rest of sending it continues with.

    The arguments are those of `RunSender`.
    """

    def __init__(
        self,
        run_file: Path,
        network: Network,
        transport: Transport,
        stop: threading.Event,
        *,
        target: Target,
        accepts_entity: Callable[[str], bool] | None = None,
        report_progress: Callable[[SyncProgress], None] | None = None,
    ) -> None:
        self._file, self._target, self._accepts_entity = run_file, target, accepts_entity
        self.progress = _initial_progress(run_file, network, target)
        self.outgoing = OutgoingRun(run_file, self.progress, report_progress or (lambda _progress: None))
        self.sender = RequestSender(transport, stop, self._save_outage)
        self.graphql = GraphQLClient(network, self.sender)
        self.metadata = RunMetadataSync(self.outgoing, self.graphql)
        self.files = WriterTails(run_file)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Hold the run's lock in the block, and store in the progress how it ended.

        Raises:
            StoreError: Another process is sending the run.
        """
        try:
            with sync_lock(self._file) as is_mine:
                if not is_mine:
                    raise StoreError(
                        f"{self._file} is being sent by another process: '{command('status')}' shows how far"
                    )
                with self._outcome_stored():
                    self.outgoing.save(CONNECTING)
                    yield
        finally:
            self.outgoing.records.console.close_file()

    def ask_about_account(self) -> None:
        """Store in the progress whether the account wants the code of its runs saved, and the token of its links."""
        flags = self.graphql.account_flags()
        self.progress.saves_code = flags.get("code_saving_enabled") is True
        token = flags.get("visit_token")
        self.progress.visit_token = token if isinstance(token, str) and TOKEN.fullmatch(token) else ""

    def register(self) -> Bucket:
        """Read up to the run record and register the run on the server, unless that was done before.

        Raises:
            StoreError: The file holds no record, and its writer is gone.
            CommError: The server does not answer, or refuses the run.
        """
        is_empty = True
        while self.outgoing.records.run is None and (payloads := self.files.run_tail.read()):
            self.outgoing.records.apply(payloads)
            is_empty = False
        if is_empty and owner_alive(self._file.parent) is False:
            raise StoreError(f"{self._file} holds no readable record: no run was created on the server")
        self._check_entity()
        return self.metadata.register(self._target, run_id(self._file))

    @contextmanager
    def _outcome_stored(self) -> Iterator[None]:
        try:
            yield
        except StopRequested:
            self.outgoing.save(WAITING, self.progress.message)
        except (RefusedError, AuthenticationError) as error:
            self.progress.status = getattr(error, "status", 401)
            self.outgoing.save(REFUSED, str(error))
        except CommError as error:
            self.progress.answered = self.sender.is_answered
            self.outgoing.save(WAITING, str(error))

    def _save_outage(self, reason: str | None) -> None:
        self.progress.answered = self.sender.is_answered
        self.outgoing.save_outage(reason)

    def _check_entity(self) -> None:
        run, progress = self.outgoing.records.run, self.progress
        entity = progress.entity if progress.registered else run.entity if run else ""
        if entity and not self._target.entity and self._accepts_entity and not self._accepts_entity(entity):
            raise RefusedError(
                f"its files name the entity {clean(entity)}, which is neither your account nor one of its teams: "
                f"check it, and send the run with --entity {clean(entity)}",
                0,
            )


def _initial_progress(run_file: Path, network: Network, target: Target) -> SyncProgress:
    """Return the progress on disk if it is of the same server and target, else a new one."""
    requested = [target.run_id, target.project, target.entity]
    progress = load_progress(run_file)
    if progress is None or (progress.server, progress.requested) != (network.base_url, requested):
        return SyncProgress(server=network.base_url, requested=requested)
    progress.state, progress.message, progress.status, progress.problems = CONNECTING, "", 0, []
    progress.answered = False
    progress.files_left = progress.bytes_left = 0
    progress.order += 1  # the last number used may not have been saved
    if target.resend:  # to the same line numbers
        progress.acknowledged, progress.writers = dict.fromkeys(progress.acknowledged, 0), {}
        progress.files, progress.described = {}, ""
    elif progress.writers:  # output and system metrics of several processes may come in another order now
        progress.acknowledged |= {"events": 0, "console": 0}
    return progress
