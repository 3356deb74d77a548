"""What a server knows of a run besides its lines: that it exists, its config and names, its alerts, its files."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import RefusedError
from wandb_nb.sync.http.operations import Bucket
from wandb_nb.sync.http.request_sequence import RequestSequence
from wandb_nb.sync.upload import generated_files
from wandb_nb.sync.upload import progress as cursors
from wandb_nb.sync.upload.upload_thread import UploadFile, UploadThread

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from wandb_nb.sync.http.operations import GraphQLClient
    from wandb_nb.sync.upload.accumulator import RunAccumulator
    from wandb_nb.sync.upload.progress import SyncProgress

COUNTS = {"history": "historyLineCount", "events": "eventsLineCount", "console": "logLineCount"}
SEVERITIES = ("INFO", "WARN", "ERROR")


@dataclass(frozen=True)
class Target:
    """Where a run goes, where that is not what its file says.

    *append* puts its rows behind those on the server, *again* sends what was sent before, *mark* leaves
    the mark of a run that was sent.
    """

    run_id: str | None = None
    project: str | None = None
    entity: str | None = None
    append: bool = False
    again: bool = False
    mark: bool = True


class RunMetadataSync:
    """Keeps the server's picture of one run up to date; *save* is called with the state after each answer.

    Files whose names fit one of the patterns *ignored* are not sent.
    `uploading` is set once the run is known.  `uploaded` names files that arrived and that no post has told yet.
    """

    def __init__(
        self,
        run_file: Path,
        graphql: GraphQLClient,
        fold: RunAccumulator,
        cursor: SyncProgress,
        save: Callable[[str], None],
        *,
        ignored: tuple[str, ...] = (),
    ) -> None:
        self._ignored = ignored
        self._run_file, self._graphql, self._fold, self._cursor = run_file, graphql, fold, cursor
        self._save = save
        self.order = RequestSequence(cursor)
        self._renamed: dict[str, str] = {}
        self._sent: dict[str, Any] = {}
        self.uploading: UploadThread | None = None
        self.uploaded: list[str] = []

    def introduce(self, target: Target, id_of_file: str) -> Bucket:
        """Make the run known to the server, unless an earlier process did; return it as the server names it."""
        given = {"project": target.project, "entity": target.entity}
        self._renamed = {name: value for name, value in given.items() if value}
        cursor, run = self._cursor, self._fold.run
        if cursor.begun:
            return Bucket("", cursor.entity, cursor.project, cursor.run, cursor.name, inserted=False)
        fields = self._fields()
        name = target.run_id or (run.id if run else "") or id_of_file
        if target.append or (run is not None and run.resumed):
            cursor.bases = self._go_on(fields.get("entity"), fields.get("project"), name)
        elif run is not None and run.branch:
            self._note_inherited(fields.get("entity"), fields.get("project"), name)
        config = json.dumps(self._fold.config.layout())
        bucket = self._graphql.upsert(self.order, name=name, config=config, **fields)
        if cursor.creating:  # the server gave it rows of the run it branched off
            cursor.bases["history"] = max(cursor.bases["history"], bucket.rows)
        cursor.entity, cursor.project, cursor.run = bucket.entity, bucket.project, bucket.name
        cursor.name, cursor.begun = bucket.display_name, True
        self._note(fields, config)
        # From here on these places are this file's: that must be known after any crash.
        cursors.store(self._run_file, cursor, durable=True)
        return bucket

    def _go_on(self, entity: Any, project: Any, name: str) -> dict[str, int]:
        """Return the number of lines that the server has of the run, which is first taken back if it was rewound."""
        held, branch = self._graphql.resume_status(entity, project, name), self._fold.config.branch
        if held and branch and branch[0] == name:
            self._graphql.rewind(self.order, entity, project, name, branch[1])
            held = self._graphql.resume_status(entity, project, name)
        return {kind: int((held or {}).get(count) or 0) for kind, count in COUNTS.items()}

    def _note_inherited(self, entity: Any, project: Any, name: str) -> None:
        """Note that a branch is about to be created, or how many rows it had been given if an answer was missed."""
        held = self._graphql.resume_status(entity, project, name)
        if held is not None and self._cursor.creating:
            self._cursor.bases["history"] = int(held.get(COUNTS["history"]) or 0)
        elif held is None:
            self._cursor.creating = True
            cursors.store(self._run_file, self._cursor, durable=True)

    def describe(self) -> None:
        """Tell the server what changed in config, name, tags and the like."""
        if not self._fold.config.changed:
            return
        cursor = self._cursor
        fields, config = self._fields(), json.dumps(self._fold.config.layout())
        if cursor.described != _digest(fields, config):
            where = {"entity": cursor.entity, "project": cursor.project}
            emptied = {key: [] if key == "tags" else "" for key in self._sent if key not in fields}
            changed = emptied | {key: value for key, value in fields.items() if self._sent.get(key) != value}
            bucket = self._graphql.upsert(self.order, name=cursor.run, config=config, **{**changed, **where})
            cursor.name = bucket.display_name or cursor.name
        self._note(fields, config)
        self._save(cursors.ONLINE)

    def crashed(self) -> None:
        """Say that the run, which has ended on the server, was ended by nobody; one that refuses knows it failed."""
        cursor = self._cursor
        where = {"entity": cursor.entity, "project": cursor.project}
        with suppress(RefusedError):
            self._graphql.upsert(self.order, name=cursor.run, state="crashed", **where)

    def alert(self) -> None:
        """Pass on the alerts that the server does not have."""
        cursor = self._cursor
        for alert in self._fold.alerts[cursor.alerts :]:
            variables = {
                "entityName": cursor.entity,
                "projectName": cursor.project,
                "runName": cursor.run,
                "title": alert.title,
                "text": alert.text,
                "severity": alert.level if alert.level in SEVERITIES else "INFO",
                "waitDuration": int(alert.wait * 1000),
            }
            try:
                self._graphql.ask("NotifyScriptableRunAlert", variables)
            except RefusedError as error:
                cursor.problem(f"the alert {alert.title!r} was refused: {error}")
            cursor.alerts += 1
            self._save(cursors.ONLINE)

    def upload(self, policies: tuple[str, ...], made: Mapping[str, bytes] | None = None) -> None:
        """Have uploaded what the server lacks of the files of these *policies*, and those *made* for it."""
        if self.uploading is None:
            return
        files = {
            name: UploadFile(content, len(content)) for name, content in (made or {}).items() if self._wanted(name)
        }
        for name, path in generated_files.announced(self._fold, self._run_file.parent / "files", policies):
            if not self._wanted(name):
                continue
            with suppress(OSError):
                status = path.stat()
                file = UploadFile(path, status.st_size, (status.st_size, status.st_mtime_ns))
                if name not in files and not self._has(name, file):
                    files[name] = file
        if files:
            self.uploading.send(files)
            self._count()

    def _wanted(self, name: str) -> bool:
        return not any(fnmatchcase(name, pattern) for pattern in self._ignored)

    def _has(self, name: str, file: UploadFile) -> bool:
        """Tell whether the server has *file* as it is now, or will have it."""
        flying = self.uploading.flying.get(name) if self.uploading else None
        return file.stamp in (flying and flying.stamp, tuple(self._cursor.files.get(name, ())))

    def collect(self) -> bool:
        """Take note of files that have arrived; return whether any is still on its way."""
        if self.uploading is None:
            return False
        arrived = self.uploading.collect(self._cursor.problem)
        self._cursor.files |= {name: list(stamp) for name, stamp in arrived.items() if stamp}
        self.uploaded += [name for name in arrived if name not in self.uploaded]
        self._count()
        return bool(self.uploading.flying)

    @property
    def trouble(self) -> str:
        """Why files are not taken at the moment."""
        return self.uploading.trouble if self.uploading else ""

    def close(self) -> None:
        """Let the thread of the uploads end."""
        if self.uploading is not None:
            self.uploading.close()

    def _count(self) -> None:
        flying = self.uploading.flying.values() if self.uploading else ()
        self._cursor.files_left, self._cursor.bytes_left = len(flying), sum(file.size for file in flying)

    def _fields(self) -> dict[str, Any]:
        return {**self._fold.fields(), **self._renamed}

    def _note(self, fields: dict[str, Any], config: str) -> None:
        self._sent, self._cursor.described = fields, _digest(fields, config)
        self._fold.config.changed = False


def _digest(fields: dict[str, Any], config: str) -> str:
    return hashlib.sha256((json.dumps(fields, sort_keys=True) + config).encode()).hexdigest()[:16]
