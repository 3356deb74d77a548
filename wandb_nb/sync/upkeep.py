"""What a server knows of a run besides its lines: that it exists, its config and names, its alerts, its files."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import RefusedError
from wandb_nb.sync import cursor as cursors
from wandb_nb.sync import results
from wandb_nb.sync.graphql import Bucket
from wandb_nb.sync.order import Order

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from wandb_nb.sync.cursor import Cursor
    from wandb_nb.sync.fold import RunFold
    from wandb_nb.sync.graphql import GraphQL
    from wandb_nb.sync.uploads import Uploads

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


class Upkeep:
    """Keeps the server's picture of one run up to date; *save* is called with the state after each answer.

    `uploads` is set once the run is known.  `uploaded` names files that arrived and that no post has told yet.
    """

    def __init__(
        self, run_file: Path, graphql: GraphQL, fold: RunFold, cursor: Cursor, save: Callable[[str], None]
    ) -> None:
        self._run_file, self._graphql, self._fold, self._cursor = run_file, graphql, fold, cursor
        self._save = save
        self.order = Order(cursor)
        self._renamed: dict[str, str] = {}
        self._sent: dict[str, Any] = {}
        self.uploads: Uploads | None = None
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
        config = json.dumps(self._fold.config.layout())
        bucket = self._graphql.upsert(self.order, name=name, config=config, **fields)
        if run is not None and run.branch and bucket.inserted:  # what the server gave it of the run it branched off
            cursor.bases["history"] = bucket.rows
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
            self._graphql.rewind(entity, project, name, branch[1])
            held = self._graphql.resume_status(entity, project, name)
        return {kind: int((held or {}).get(count) or 0) for kind, count in COUNTS.items()}

    def describe(self) -> None:
        """Tell the server what changed in config, name, tags and the like."""
        if not self._fold.config.changed:
            return
        cursor = self._cursor
        fields, config = self._fields(), json.dumps(self._fold.config.layout())
        if cursor.described != _digest(fields, config):
            where = {"entity": cursor.entity, "project": cursor.project}
            changed = {key: value for key, value in fields.items() if self._sent.get(key) != value}
            bucket = self._graphql.upsert(self.order, name=cursor.run, config=config, **{**changed, **where})
            cursor.name = bucket.display_name or cursor.name
        self._note(fields, config)
        self._save(cursors.ONLINE)

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
        """Upload the files of these *policies* that the server lacks as they are now, and those *made* for it."""
        made = made or {}
        stamps: dict[str, list[int]] = {}
        files: dict[str, Path | bytes] = {}
        for name, path in results.announced(self._fold, self._run_file.parent / "files", policies):
            with suppress(OSError):
                status = path.stat()
                stamps[name] = [status.st_size, status.st_mtime_ns]
                if name not in made and self._cursor.files.get(name) != stamps[name]:
                    files[name] = path
        files |= made
        if not files or self.uploads is None:
            return
        try:
            for name in self.uploads.send(files):
                if name in stamps and name not in made:
                    self._cursor.files[name] = stamps[name]
                if name not in self.uploaded:
                    self.uploaded.append(name)
        except RefusedError as error:
            self._cursor.problem(f"{len(files)} files were refused: {error}")

    def _fields(self) -> dict[str, Any]:
        return {**self._fold.fields(), **self._renamed}

    def _note(self, fields: dict[str, Any], config: str) -> None:
        self._sent, self._cursor.described = fields, _digest(fields, config)
        self._fold.config.changed = False


def _digest(fields: dict[str, Any], config: str) -> str:
    return hashlib.sha256((json.dumps(fields, sort_keys=True) + config).encode()).hexdigest()[:16]
