"""One run's file, followed and sent until the run is on the server from end to end."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import AuthenticationError, CommError, RefusedError, StoreError
from wandb_nb.store.reading.tail import Tail, run_id, run_info
from wandb_nb.store.runs.repair import fold_after_crash
from wandb_nb.store.writing.owner_lock import owner_alive
from wandb_nb.sync.bulk.run_selection import earlier
from wandb_nb.sync.http.operations import GraphQLClient
from wandb_nb.sync.http.transport import Sender, Stopped, connect
from wandb_nb.sync.upload import generated_files
from wandb_nb.sync.upload import progress as cursors
from wandb_nb.sync.upload.accumulator import RunAccumulator
from wandb_nb.sync.upload.post_schedule import PostSchedule
from wandb_nb.sync.upload.run_metadata import RunMetadataSync, Target
from wandb_nb.sync.upload.stream_posts import MOST_CHARACTERS, FileStream, StreamPost
from wandb_nb.sync.upload.upload_thread import UploadThread

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable
    from pathlib import Path

    from wandb_nb.sync.http.network import Network
    from wandb_nb.sync.http.transport import Transport
    from wandb_nb.sync.upload.progress import SyncProgress

LOOK_EVERY_S = 0.2
DESCRIBE_EVERY_S = 2.0
FILES_EVERY_S = 5.0
OWNER_EVERY_S = 1.0
TELL_EVERY_S = 0.5
FILES_LOOK_S = 0.02
CRASHED = 1
"""The exit code of a run that has none; what the official tool sends, too."""
HOME = Target()


class RunSender:
    """Sends *run_file*.  One thread for each; *stop* ends every wait, and what is not sent then stays for later.

    *progress* is called after each answer of the server with the cursor, which then is on disk.
    """

    def __init__(
        self,
        run_file: Path,
        network: Network,
        transport: Transport,
        stop: threading.Event,
        *,
        target: Target = HOME,
        progress: Callable[[SyncProgress], None] | None = None,
    ) -> None:
        self.run_file, self._network, self._stop, self._target = run_file, network, stop, target
        self._progress = progress or (lambda _cursor: None)
        self._transport = transport
        self._sender = Sender(transport, stop, self._trouble)
        self._graphql = GraphQLClient(network, self._sender)
        self.cursor = self._known_cursor()
        self._fold = RunAccumulator(self.cursor.have, self.cursor.problem)
        self._tail = Tail(run_file)
        self._pace = PostSchedule(network.interval)
        self._stream: FileStream | None = None
        self._summary_sent = ""
        self._upkeep = RunMetadataSync(
            run_file, self._graphql, self._fold, self.cursor, self._save, ignored=network.ignore
        )
        self._asked_to_stop = False
        self._told_preempting = False
        self._alive: bool | None = True

    def send(self, *, follow: bool) -> SyncProgress:
        """Send the run and return how far that came; *follow* a run that goes on until its end.

        Trouble is in the cursor: `state`, `message`, `problems`.  Raises StoreError where the file cannot be read or
        somebody else is sending it.
        """
        with cursors.sending(self.run_file) as mine:
            if not mine:
                raise StoreError(
                    f"{self.run_file} is being sent by another process: 'wandb-nb status' tells how far it is"
                )
            try:
                self._save(cursors.CONNECTING)
                if follow and not self.cursor.begun:  # its process waits to hear it
                    self.cursor.saves_code = self._graphql.saves_code()
                self._begin()
                while self._round(follow):
                    pass
            except Stopped:
                self._save(cursors.WAITING, self.cursor.message)
            except (RefusedError, AuthenticationError) as error:
                self.cursor.status = getattr(error, "status", 401)
                self._save(cursors.REFUSED, str(error))
            except CommError as error:
                self._save(cursors.WAITING, str(error))
            finally:
                self._upkeep.close()
                self._fold.console.close_file()
        return self.cursor

    # -- the beginning

    def _known_cursor(self) -> SyncProgress:
        """Return the cursor on disk where it is of the same server and target, else a new one."""
        wanted = [self._target.run_id, self._target.project, self._target.entity]
        known = cursors.load(self.run_file)
        if known is None or (known.server, known.wanted) != (self._network.base_url, wanted):
            return cursors.SyncProgress(server=self._network.base_url, wanted=wanted)
        known.state, known.message, known.status, known.problems = cursors.CONNECTING, "", 0, []
        known.files_left = known.bytes_left = 0
        known.order += 1  # one may have been used that did not get into the file any more
        if self._target.again:  # to the same places
            known.have, known.files, known.described = dict.fromkeys(known.have, 0), {}, ""
        return known

    def _begin(self) -> None:
        """Read up to the run record, and make the run known to the server, after the parts that it goes on from."""
        if not self.cursor.begun and self._target == HOME:
            self._send_earlier()
        known = False
        while self._fold.run is None and (payloads := self._tail.read()):
            self._fold.apply(payloads)
            known = True
        if not known and owner_alive(self.run_file.parent) is False:
            raise StoreError(f"{self.run_file} holds nothing that can be read: no run was made of it on the server")
        bucket = self._upkeep.introduce(self._target, run_id(self.run_file))
        features = self._graphql.features() if self._network.gzip else frozenset()
        packed = "FILESTREAM_GZIP" in features
        self._stream = FileStream(
            self._network, self._sender, self._graphql.headers, bucket, self._upkeep.order, gzip=packed
        )
        self._upkeep.uploading = UploadThread(self._network, partial(connect, self._network), bucket, self._stop)
        self._save(cursors.ONLINE)

    def _send_earlier(self) -> None:
        """Send what the server lacks of the parts before this one: its rows follow theirs."""
        for part in earlier(self.run_file):
            known = cursors.load(part)
            if known is not None and known.server == self._network.base_url and known.done:
                continue
            if known is None and self._graphql.has_rows(run_info(part)):
                self.cursor.problem(f"{part.parent.name} was not sent: the server has other rows of that run")
                continue
            sent = RunSender(part, self._network, self._transport, self._stop).send(follow=False)
            if sent.state == cursors.REFUSED:
                raise RefusedError(sent.message, sent.status)
            if sent.state == cursors.WAITING:
                raise CommError(f"its earlier part {part.parent.name} is not sent yet: {sent.message}")

    # -- the middle

    def _round(self, follow: bool) -> bool:
        """Take what is new and send what is due; False when there is nothing left to do."""
        payloads = self._tail.read()
        self._fold.apply(payloads)
        if payloads:
            if self._fold.size >= MOST_CHARACTERS:
                self._post_full()
            return True
        if self._ended():
            self._finish()
            return False
        self._post_due(now=not follow)
        if not follow:
            self._post(with_open=True)
            self._await_files()
            self._post_one(with_open=False, summary="")
            return False
        if self._stop.wait(LOOK_EVERY_S):
            raise Stopped
        return True

    def _ended(self) -> bool:
        """Tell whether nothing will follow what was read."""
        if self._fold.exit is not None:
            return True
        if self._alive is True and self._pace.due("owner", OWNER_EVERY_S):
            self._alive = owner_alive(self.run_file.parent)
            if self._alive is False:
                self._settle()
                return not self._more()
        return self._alive is False

    def _settle(self) -> None:
        """Take in what a dead owner could not fold in any more."""
        if (self.run_file.parent / "segments").is_dir():
            with suppress(StoreError):  # somebody else does it just now, or may not: the rows so far count
                fold_after_crash(self.run_file.parent)
        self._tail.settle()

    def _more(self) -> bool:
        payloads = self._tail.read()
        self._fold.apply(payloads)
        return bool(payloads)

    def _post_due(self, *, now: bool) -> None:
        if now or self._pace.due("describe", DESCRIBE_EVERY_S):
            self._upkeep.describe()
            self._upkeep.alert()
        if now or self._pace.due("files", FILES_EVERY_S):
            self._upkeep.upload(("now", "live"))
        self._upkeep.collect()
        if self._pace.may_post():
            self._post(with_open=True)
        if self._pace.silent(self._network.heartbeat):
            self._send_body({})

    def _post_full(self) -> None:
        while self._fold.size >= MOST_CHARACTERS:
            self._post_one(with_open=False, summary="")
        self.cursor.offset = self._tail.offset

    def _post(self, *, with_open: bool) -> None:
        """Post all there is."""
        while self._fold.size > MOST_CHARACTERS:
            self._post_one(with_open=False, summary="")
        summary = self._fold.summary_line()
        new = summary if summary != self._summary_sent else ""
        self._post_one(with_open=with_open, summary=new)
        while self._fold.size:
            self._post_one(with_open=with_open, summary="")
        self._summary_sent = summary
        self.cursor.offset = self._tail.offset

    def _post_one(self, *, with_open: bool, summary: str, **more: Any) -> None:
        batch = StreamPost(self._fold, self.cursor.bases, with_open=with_open, summary=summary)
        body: dict[str, Any] = {"files": batch.files} if batch.files else {}
        if self._upkeep.uploaded:
            body["uploaded"] = self._upkeep.uploaded
        if self._fold.preempting and not self._told_preempting:
            body["preempting"] = self._told_preempting = True
        body |= more
        if body:
            self._send_body(body)
            batch.acknowledge()
            self._upkeep.uploaded = []
            fold = self._fold
            self.cursor.have = {kind: getattr(fold, kind).have for kind in ("history", "events", "console")}
            self.cursor.rows = fold.history.rows
            self._save(cursors.ONLINE)

    def _send_body(self, body: dict[str, Any]) -> None:
        assert self._stream is not None  # noqa: S101 - made by _begin
        self._stream.post(body)
        self._pace.posted(self._stream.spacing)
        if self._stream.stopped and not self._asked_to_stop:
            self._asked_to_stop = True
            self._ask_to_stop()

    def _ask_to_stop(self) -> None:
        """Pass on that somebody pressed Stop on the server's page: the run looks for this file."""
        if owner_alive(self.run_file.parent):
            folder = self.run_file.parent / "control"
            with suppress(OSError):
                folder.mkdir(exist_ok=True)
                (folder / "stop").touch()

    # -- the end

    def _finish(self) -> None:
        """Send what is left, the files of the end and the end itself."""
        fold, cursor = self._fold, self.cursor
        fold.finish()
        cursor.damaged = bool(fold.unreadable or self._tail.damage)
        if cursor.damaged:
            cursor.problem(
                f"{self._tail.lost} bytes and {fold.unreadable} records of {self.run_file} cannot be read; "
                "all else was sent"
            )
        self._post(with_open=False)
        self._upkeep.describe()
        self._upkeep.alert()
        self._upkeep.upload(("now", "live", "end"), made=generated_files.made(fold))
        self._await_files()
        cursor.exit_code = fold.exit.code if fold.exit else CRASHED
        self._post_one(with_open=False, summary="", complete=True, exitcode=cursor.exit_code)
        if fold.exit is None:
            self._upkeep.crashed()
        cursor.offset = self._tail.offset
        self._save(cursors.DONE)
        if self._target.mark:
            self.run_file.with_name(f"{self.run_file.name}.synced").touch()

    def _await_files(self) -> None:
        """Wait until all files have arrived or are given up; the server hears in between that the run goes on."""
        while self._upkeep.collect():
            trouble = self._upkeep.trouble
            if self._pace.due("tell", TELL_EVERY_S):
                self._save(cursors.WAITING if trouble else cursors.ONLINE, trouble)
            if self._pace.silent(self._network.heartbeat):
                self._send_body({})
            if self._stop.wait(FILES_LOOK_S):
                raise Stopped

    def _trouble(self, text: str | None) -> None:
        self._save(cursors.ONLINE if text is None else cursors.WAITING, text or "")

    def _save(self, state: str, message: str = "") -> None:
        self.cursor.state, self.cursor.message = state, message
        with suppress(OSError):  # a full disk: some lines will be sent again, to their places
            cursors.store(self.run_file, self.cursor)
        self._progress(self.cursor)
