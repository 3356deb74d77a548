"""The server's record of a run besides its lines and files: registration, config, names and alerts."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from wandb_nb.errors import RefusedError
from wandb_nb.formatting import clean
from wandb_nb.host import command
from wandb_nb.store.format.record_items import parse_json
from wandb_nb.store.runs.sync_progress import ONLINE, store_progress
from wandb_nb.sync.http.operations import Bucket
from wandb_nb.sync.http.request_sequence import RequestSequence
from wandb_nb.sync.upload.lines.config_layout import UNKNOWN_WRITER

if TYPE_CHECKING:
    from wandb_nb.sync.http.operations import GraphQLClient
    from wandb_nb.sync.upload.outgoing_run import OutgoingRun

COUNTS = {"history": "historyLineCount", "events": "eventsLineCount", "console": "logLineCount"}
SEVERITIES = ("INFO", "WARN", "ERROR")


@dataclass(frozen=True)
class Target:
    """Where a run is sent; None means what its file says.

    *append* adds its rows after those on the server, *resend* sends again what was sent before, *replace* lets it take
    the place of a run of its id that another directory holds, *mark_synced* leaves the marker file of a synced run,
    *follow_links* sends files that links lead to outside the run directory.
    """

    run_id: str | None = None
    project: str | None = None
    entity: str | None = None
    append: bool = False
    resend: bool = False
    replace: bool = False
    mark_synced: bool = True
    follow_links: bool = False

    @property
    def is_default(self) -> bool:
        """Whether the run is sent as its file says, without options for what was sent before."""
        return not (self.run_id or self.project or self.entity or self.append or self.resend)


ONLINE_RUN = Target(replace=True)
"""`init()` with the id of a run on the server and without `resume` starts that run over."""


class RunMetadataSync:
    """Keeps the server's record of one run up to date."""

    def __init__(self, outgoing: OutgoingRun, graphql: GraphQLClient) -> None:
        self._run_file, self._run, self._progress = outgoing.file, outgoing.records, outgoing.progress
        self._graphql, self._save = graphql, outgoing.save
        self.sequence = RequestSequence(outgoing.progress)
        self._overrides: dict[str, str] = {}
        self._sent: dict[str, Any] = {}

    def register(self, target: Target, fallback_id: str) -> Bucket:
        """Create the run on the server, unless an earlier process did, and return its names there."""
        overrides = {"project": target.project, "entity": target.entity}
        self._overrides = {name: value for name, value in overrides.items() if value}
        progress, run = self._progress, self._run.run
        if progress.registered:
            return Bucket("", progress.entity, progress.project, progress.run, progress.name, inserted=False)
        fields = self._fields()
        name = target.run_id or (run.id if run else "") or fallback_id
        if target.append or (run is not None and run.resumed):
            progress.bases = self._existing_lines(fields.get("entity"), fields.get("project"), name)
        elif run is not None and run.branch:
            self._record_inherited_rows(fields.get("entity"), fields.get("project"), name)
        elif not target.replace:
            self._refuse_other_rows(fields.get("entity"), fields.get("project"), name)
        config = json.dumps(self._run.config.layout())
        bucket = self._graphql.upsert(self.sequence, name=name, config=config, **fields)
        if progress.creating:  # the server gave it rows of the run it branched off
            progress.bases["history"] = max(progress.bases["history"], bucket.rows)
        progress.entity, progress.project, progress.run = bucket.entity, bucket.project, bucket.name
        progress.name, progress.registered = bucket.display_name, True
        self._record_sent(fields, config)
        # From here on these line numbers belong to this file, which must survive any crash.
        store_progress(self._run_file, progress, durable=True)
        return bucket

    def _existing_lines(self, entity: Any, project: Any, name: str) -> dict[str, int]:
        """Return how many lines the server has of the run; a rewound run is rewound there first."""
        status, branch = self._graphql.resume_status(entity, project, name), self._run.config.branch
        if status and branch and branch[0] == name:
            self._graphql.rewind(self.sequence, entity, project, name, branch[1])
            status = self._graphql.resume_status(entity, project, name)
        return {kind: int((status or {}).get(count) or 0) for kind, count in COUNTS.items()}

    def _refuse_other_rows(self, entity: Any, project: Any, name: str) -> None:
        """Refuse to write over the rows of another directory with the same id, whose writer the server's config names.

        Rows of this directory may be there already: its progress was lost, or another program sent it.
        """
        status = self._graphql.resume_status(entity, project, name)
        if not status or not status.get(COUNTS["history"]):
            return
        own, stored = {*self._run.config.environments} - {UNKNOWN_WRITER}, _writers(status.get("config"))
        if own & stored or not (own or stored):
            return
        raise RefusedError(
            f"the server has rows of run {clean(name)} that are not from {self._run_file.parent.name}: "
            f"'{command('sync --append')}' adds these after them, and '--id' sends them as another run",
            0,
        )

    def _record_inherited_rows(self, entity: Any, project: Any, name: str) -> None:
        """Record that a branch is about to be created, or the rows it inherited if the first answer was lost."""
        status = self._graphql.resume_status(entity, project, name)
        if status is not None and self._progress.creating:
            self._progress.bases["history"] = int(status.get(COUNTS["history"]) or 0)
        elif status is None:
            self._progress.creating = True
            store_progress(self._run_file, self._progress, durable=True)

    def update(self) -> None:
        """Send changes of config, name, tags and the like."""
        if not self._run.config.changed:
            return
        progress = self._progress
        fields, config = self._fields(), json.dumps(self._run.config.layout())
        if progress.described != _digest(fields, config):
            location = {"entity": progress.entity, "project": progress.project}
            emptied = {key: [] if key == "tags" else "" for key in self._sent if key not in fields}
            changed = emptied | {key: value for key, value in fields.items() if self._sent.get(key) != value}
            changed.pop("program", None)  # only sent at the registration: with it the server counts lines from 0 again
            bucket = self._graphql.upsert(self.sequence, name=progress.run, config=config, **{**changed, **location})
            progress.name = bucket.display_name or progress.name
        self._record_sent(fields, config)
        self._save(ONLINE)

    def mark_crashed(self) -> None:
        """Mark a run without exit record as crashed; a refusing server keeps "failed"."""
        progress = self._progress
        location = {"entity": progress.entity, "project": progress.project}
        with suppress(RefusedError):
            self._graphql.upsert(self.sequence, name=progress.run, state="crashed", **location)

    def send_alerts(self) -> None:
        """Send the alerts that the server does not have."""
        progress = self._progress
        for alert in self._run.alerts[progress.alerts :]:
            variables = {
                "entityName": progress.entity,
                "projectName": progress.project,
                "runName": progress.run,
                "title": alert.title,
                "text": alert.text,
                "severity": alert.level if alert.level in SEVERITIES else "INFO",
                "waitDuration": int(alert.wait * 1000),
            }
            try:
                self._graphql.execute("NotifyScriptableRunAlert", variables)
            except RefusedError as error:
                progress.add_problem(f"the alert {alert.title!r} was refused: {error}")
            progress.alerts += 1
            self._save(ONLINE)

    def _fields(self) -> dict[str, Any]:
        return {**self._run.fields(), **self._overrides}

    def _record_sent(self, fields: dict[str, Any], config: str) -> None:
        self._sent, self._progress.described = fields, _digest(fields, config)
        self._run.config.changed = False


def _writers(config: Any) -> set[str]:
    """Return the writers that the server's *config*, a JSON text, names."""
    node = parse_json(config.encode()) if isinstance(config, str) else None
    for key in ("_wandb", "value", "e"):
        node = node.get(key) if isinstance(node, dict) else None
    return set(node) - {UNKNOWN_WRITER} if isinstance(node, dict) else set()


def _digest(fields: dict[str, Any], config: str) -> str:
    return hashlib.sha256((json.dumps(fields, sort_keys=True) + config).encode()).hexdigest()[:16]
