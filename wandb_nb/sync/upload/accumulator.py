"""A run's records, in file order, as what a server wants to have: lines, summary, config, files, alerts, the end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from wandb_nb.store.format import record_types
from wandb_nb.store.format.decode import decode
from wandb_nb.store.format.wire import BYTES, WireError, fields
from wandb_nb.sync.upload.config_layout import ServerConfig
from wandb_nb.sync.upload.console_lines import ConsoleLines
from wandb_nb.sync.upload.json_tree import render
from wandb_nb.sync.upload.numbered_lines import HistoryLines, NumberedLines
from wandb_nb.sync.upload.running_summary import RunningSummary

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

NO_PROGRAM = "<python with no main file>"  # as official clients name it, also where it is not known yet


class RunAccumulator:
    """What the records applied so far come to.  Lines before *have* are with the server and not gathered again.

    *problem* is told in a sentence what cannot be sent.  Constant in memory when lines are taken away in between.
    """

    def __init__(self, have: Mapping[str, int], problem: Callable[[str], None]) -> None:
        self._problem = problem
        self.run: record_types.RunRecord | None = None
        self.history = HistoryLines(have["history"], self._oversized)
        self.events = NumberedLines(have["events"])
        self.console = ConsoleLines(have["console"])
        self.config = ServerConfig()
        self.summary = RunningSummary(self.config.metrics)
        self.files: dict[str, str] = {}
        self.alerts: list[record_types.AlertRecord] = []
        self.exit: record_types.ExitRecord | None = None
        self.preempting = False
        self.unreadable = 0
        self.runtime = 0.0

    @property
    def size(self) -> int:
        """Characters that wait to be sent."""
        return self.history.size + self.events.size + self.console.size

    def apply(self, payloads: Iterable[bytes]) -> None:
        """Take records in file order; what is none is counted as `unreadable`."""
        for payload in payloads:
            try:
                self._apply(payload)
            except WireError:  # noqa: PERF203 - each record for itself
                self.unreadable += 1

    def _apply(self, payload: bytes) -> None:
        for number, wire_type, data in fields(payload):
            if wire_type == BYTES and number in record_types.KINDS and isinstance(data, bytes):
                if number == HISTORY:
                    self._row(data)
                elif number == SUMMARY:
                    self.summary.record(data)
                else:
                    self._take(decode(payload))
                return

    def _row(self, data: bytes) -> None:
        row = self.history.add_row(data)
        runtime = row.get("_runtime")
        if isinstance(runtime, str) and runtime[:1].isdigit():
            self.runtime = float(runtime)
        self.summary.row(row)

    def _take(self, record: record_types.Record) -> None:  # noqa: C901 - one flat case a kind
        match record:
            case record_types.OutputRecord():
                self.console.add(record)
            case record_types.StatsRecord():
                self._stats(record)
            case record_types.ConfigRecord():
                self.config.update(record)
            case record_types.RunRecord():
                self._run(record)
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
                self._other(record)
            case _:
                pass  # the header says nothing that a server wants

    def _run(self, run: record_types.RunRecord) -> None:
        self.config.update(run.config)
        self.config.branch, self.config.changed = run.branch, True
        self.run = run
        if run.resumed:  # a run record behind an exit: the file goes on
            self.exit = None

    def _stats(self, stats: record_types.StatsRecord) -> None:
        line = {f"system.{'.'.join(path)}": value for path, value in stats.items}
        start = self.run.start_time if self.run else None
        if stats.timestamp is not None:
            line["_timestamp"] = stats.timestamp
            line["_runtime"] = round(stats.timestamp - start, 6) if start else 0
        self.events.add(json.dumps({**line, "_wandb": True}, separators=(",", ":")))

    def _other(self, record: record_types.OtherRecord) -> None:
        if record.kind == "preempting":
            self.preempting = True
        elif record.kind in ("artifact", "use_artifact"):
            self._problem("artifacts are not sent yet; they stay in the run's directory")

    def _oversized(self, key: str) -> None:
        self._problem(f"the value of {key!r} makes a row longer than 10 MB and was left out of it; it is in the file")

    def fields(self) -> dict[str, object]:
        """Return what the server keeps of the run besides its data; what is empty is left out.

        A program is always named: by it a server tells that a run of a known id begins anew.
        """
        run = self.run
        known = {} if run is None else {name: getattr(run, attribute) for name, attribute in RUN_FIELDS.items()}
        program = self.config.metadata.get("program") or NO_PROGRAM
        given = {name: list(value) if name == "tags" else value for name, value in known.items() if value}
        return {**given, "program": program}

    def finish(self) -> None:
        """Make everything final: no record will follow."""
        self.history.close()
        self.console.finish()
        if "_wandb" not in self.summary.tree and self.history.rows:
            runtime = self.exit.runtime if self.exit and self.exit.runtime else int(self.runtime)
            self.summary.tree["_wandb"] = {"runtime": str(runtime)}

    def summary_line(self) -> str:
        """Return the whole summary, empty while there is none."""
        return render(self.summary.tree) if self.summary.tree else ""
