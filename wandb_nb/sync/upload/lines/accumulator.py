"""A run's records, applied in file order: the lines, summary, config, files, alerts and exit that a server gets."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from wandb_nb.store.format import record_types
from wandb_nb.store.format.artifact_record import (
    ARTIFACT,
    LINKED_ARTIFACT,
    USED_ARTIFACT,
    ArtifactRecord,
    LinkedVersion,
    UsedVersion,
    read_artifact,
    read_linked_artifact,
    read_used_artifact,
)
from wandb_nb.store.format.decode import decode
from wandb_nb.store.format.wire import BYTES, WireError, fields
from wandb_nb.sync.upload.lines.config_layout import ServerConfig
from wandb_nb.sync.upload.lines.console_lines import ConsoleLines
from wandb_nb.sync.upload.lines.history_lines import OWNER, HistoryLines
from wandb_nb.sync.upload.lines.json_tree import render
from wandb_nb.sync.upload.lines.numbered_lines import NumberedLines
from wandb_nb.sync.upload.lines.running_summary import RunningSummary
from wandb_nb.sync.upload.lines.system_lines import system_line

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

HISTORY, SUMMARY = 2, 3
RUN_FIELDS = {
    "entity": "entity",
    "project": "project",
    "groupName": "group",
    "displayName": "name",
    "notes": "notes",
    "tags": "tags",
    "jobType": "job_type",
    "host": "host",
    "sweep": "sweep",
    "commit": "git_commit",
    "repo": "git_remote",
}

NO_PROGRAM = "<python with no main file>"
"""What official clients send for a program without a file."""


class RunAccumulator:
    """The state of a run after the records applied so far.

    Lines before *acknowledged* are on the server and dropped; *by_process* counts the history lines among them that
    other processes than the run's own wrote. *report_problem* gets one sentence for each thing that
    cannot be sent. Memory stays constant as long as lines are acknowledged in between.
    """

    def __init__(
        self, acknowledged: Mapping[str, int], by_process: Mapping[str, int], report_problem: Callable[[str], None]
    ) -> None:
        self._report_problem = report_problem
        self.run: record_types.RunRecord | None = None
        own = {OWNER: acknowledged["history"] - sum(by_process.values())}
        self.history = HistoryLines({**own, **by_process}, self._report_oversized)
        self.events = NumberedLines(acknowledged["events"])
        self.console = ConsoleLines(acknowledged["console"])
        self.config = ServerConfig()
        self.summary = RunningSummary(self.config.metrics)
        self.files: dict[str, str] = {}
        self.alerts: list[record_types.AlertRecord] = []
        self.artifacts: list[ArtifactRecord] = []
        self.used_versions: list[UsedVersion] = []
        self.linked_versions: list[LinkedVersion] = []
        self.exit: record_types.ExitRecord | None = None
        self.preempting = False
        self.unreadable = 0
        self.runtime = 0.0

    @property
    def size(self) -> int:
        """Characters not yet sent."""
        return self.history.size + self.events.size + self.console.size

    def apply(self, payloads: Iterable[bytes]) -> None:
        """Apply records in file order; those that cannot be decoded are counted in `unreadable`."""
        for payload in payloads:
            try:
                self._apply(payload)
            except WireError:  # noqa: PERF203 -- one unreadable record must not stop the others
                self.unreadable += 1

    def _apply(self, payload: bytes) -> None:
        for number, wire_type, data in fields(payload):
            if wire_type == BYTES and number in record_types.KINDS and isinstance(data, bytes):
                if number == ARTIFACT:
                    self.artifacts.append(read_artifact(data))
                elif number == LINKED_ARTIFACT:
                    self.linked_versions.append(read_linked_artifact(data))
                elif number == USED_ARTIFACT:
                    self.used_versions.append(read_used_artifact(data))
                elif number == HISTORY:
                    self._apply_row(data)
                elif number == SUMMARY:
                    self.summary.record(data)
                else:
                    self._apply_record(decode(payload))
                return

    def _apply_row(self, data: bytes) -> None:
        row = self.history.add_row(data)
        runtime = row.get("_runtime")
        if isinstance(runtime, str) and runtime[:1].isdigit():
            self.runtime = float(runtime)
        self.summary.row(row)

    def _apply_record(self, record: record_types.Record) -> None:  # noqa: C901 -- one flat case per kind
        match record:
            case record_types.OutputRecord():
                self.console.add(record)
            case record_types.StatsRecord():
                self._apply_stats(record)
            case record_types.ConfigRecord():
                self.config.update(record)
            case record_types.RunRecord():
                self._apply_run(record)
            case record_types.MetricRecord():
                self.config.define(record)
            case record_types.TelemetryRecord():
                self.config.telemetry(record)
            case record_types.EnvironmentRecord():
                self.config.environment(record)
            case record_types.FilesRecord():
                self.files |= {path: policy for path, policy, _ in record.files}
            case record_types.AlertRecord():
                self.alerts.append(record)
            case record_types.ExitRecord():
                self.exit = record
            case record_types.OtherRecord():
                self._apply_other(record)
            case _:
                pass  # a header holds nothing for a server

    def _apply_run(self, run: record_types.RunRecord) -> None:
        self.config.update(run.config)
        self.config.branch, self.config.changed = run.branch, True
        self.run = run
        if run.resumed:  # a run record after an exit: the run was continued in this file
            self.exit = None

    def _apply_stats(self, stats: record_types.StatsRecord) -> None:
        line = system_line(stats, self.run.start_time if self.run else None)
        self.events.add(json.dumps(line, separators=(",", ":")))

    def _apply_other(self, record: record_types.OtherRecord) -> None:
        if record.kind == "preempting":
            self.preempting = True

    def _report_oversized(self, key: str) -> None:
        self._report_problem(f"the value of {key!r} was left out of a row longer than 10 MB; it is in the run file")

    def fields(self) -> dict[str, object]:
        """Return the run's names, tags and the like for the server, without empty ones.

        There is always a program: from it a server recognises that a run with an existing id starts again.
        """
        run = self.run
        values = {} if run is None else {name: getattr(run, attribute) for name, attribute in RUN_FIELDS.items()}
        program = self.config.metadata.get("program") or NO_PROGRAM
        present = {name: list(value) if name == "tags" else value for name, value in values.items() if value}
        return {**present, "program": program}

    def finish(self) -> None:
        """Make all lines final, as no record will follow."""
        self.history.close()
        self.console.finish()
        if "_wandb" not in self.summary.tree and self.history.rows:
            runtime = self.exit.runtime if self.exit and self.exit.runtime else int(self.runtime)
            self.summary.tree["_wandb"] = {"runtime": str(runtime)}

    def summary_line(self) -> str:
        """Return the whole summary as JSON; empty if there is none."""
        return render(self.summary.tree) if self.summary.tree else ""
