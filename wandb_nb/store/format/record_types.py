"""The kinds of records, and one small frozen class for each that readers use."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from wandb_nb.values import KeyPath

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wandb_nb.store.metrics.definition import Metric

Items: TypeAlias = tuple[tuple[KeyPath, Any], ...]

KINDS = {
    2: "history",
    3: "summary",
    4: "output",
    5: "config",
    6: "files",
    7: "stats",
    8: "artifact",
    9: "tbrecord",
    10: "alert",
    11: "telemetry",
    12: "metric",
    13: "output_raw",
    17: "run",
    18: "exit",
    20: "final",
    21: "header",
    22: "footer",
    23: "preempting",
    24: "link_artifact",
    25: "use_artifact",
    26: "environment",
    27: "output_logger",
    100: "request",
}


@dataclass(frozen=True, slots=True)
class HistoryRecord:
    """One row, or a part of one. *step* is None if the record has no step besides a `_step` item."""

    items: Items
    step: int | None


@dataclass(frozen=True, slots=True)
class ConfigRecord:
    """Config entries set and removed."""

    update: Items = ()
    remove: tuple[KeyPath, ...] = ()


@dataclass(frozen=True, slots=True)
class SummaryRecord:
    """Summary entries set and removed."""

    update: Items = ()
    remove: tuple[KeyPath, ...] = ()


@dataclass(frozen=True, slots=True)
class RunRecord:
    """A run's own data. Missing texts are empty. *start_time* is in unix seconds."""

    id: str
    entity: str
    project: str
    group: str
    job_type: str
    name: str
    notes: str
    tags: tuple[str, ...]
    host: str
    sweep: str
    starting_step: int
    start_time: float | None
    resumed: bool
    runtime: int
    git_remote: str
    git_commit: str
    config: ConfigRecord
    summary: SummaryRecord
    branch: tuple[str, int] | None = None
    """The run and step that this one continues from. The run may be the same one, rewound."""


@dataclass(frozen=True, slots=True)
class MetricRecord:
    """A metric definition. With *overwrite* it replaces an earlier one of its name, else it is merged with it."""

    metric: Metric
    overwrite: bool = False


@dataclass(frozen=True, slots=True)
class ExitRecord:
    """The run ended; *runtime* in seconds."""

    code: int
    runtime: int


@dataclass(frozen=True, slots=True)
class FilesRecord:
    """Files to keep: path below `files/` (may be a glob), policy and type."""

    files: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class OutputRecord:
    """A piece of terminal output, with its control characters; *timestamp* in unix seconds."""

    stream: str
    text: str
    timestamp: float | None


@dataclass(frozen=True, slots=True)
class StatsRecord:
    """One sample of system metrics."""

    items: Items
    timestamp: float | None


@dataclass(frozen=True, slots=True)
class AlertRecord:
    """A message to the user; *wait* in seconds."""

    title: str
    text: str
    level: str
    wait: float


@dataclass(frozen=True, slots=True)
class TelemetryRecord:
    """Which features (by number) and versions a run used; *labels* by the field numbers that they have as text."""

    features: tuple[int, ...]
    python_version: str
    cli_version: str
    platform: str
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class EnvironmentRecord:
    """Where a run ran. *facts* contains the known values, under the names of wandb-metadata.json."""

    facts: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class HeaderRecord:
    """The first record of a file: who wrote it."""

    producer: str
    min_consumer: str


@dataclass(frozen=True, slots=True)
class OtherRecord:
    """A record that readers only count: `preempting`, `artifact`, …; "unknown" where the kind is not known."""

    kind: str


Record: TypeAlias = (
    HistoryRecord
    | ConfigRecord
    | SummaryRecord
    | RunRecord
    | MetricRecord
    | ExitRecord
    | FilesRecord
    | OutputRecord
    | StatsRecord
    | AlertRecord
    | TelemetryRecord
    | EnvironmentRecord
    | HeaderRecord
    | OtherRecord
)
