"""Decode the payload of a record.

Decoding is tolerant, since files come from many versions and may be hostile. Unknown fields and kinds are skipped, a
field of the wrong wire type counts as absent, and invalid JSON stays text. Only bytes that are not a protobuf message
raise `WireError`.
"""

from __future__ import annotations

import math
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from wandb_nb.store.format.record_items import read_item, read_items
from wandb_nb.store.format.record_types import (
    KINDS,
    AlertRecord,
    ConfigRecord,
    EnvironmentRecord,
    ExitRecord,
    FilesRecord,
    HeaderRecord,
    HistoryRecord,
    MetricRecord,
    OtherRecord,
    OutputRecord,
    RunRecord,
    StatsRecord,
    SummaryRecord,
    TelemetryRecord,
)
from wandb_nb.store.format.records import ENVIRONMENT_TEXTS, GIT_BRANCH, LABELS
from wandb_nb.store.format.wire import BYTES, VARINT, MessageFields, WireError, fields
from wandb_nb.store.metrics import definition

if TYPE_CHECKING:
    from collections.abc import Callable

    from wandb_nb.store.format.record_types import Record
    from wandb_nb.values import KeyPath

__all__ = [
    "AlertRecord",
    "ConfigRecord",
    "EnvironmentRecord",
    "ExitRecord",
    "FilesRecord",
    "HeaderRecord",
    "HistoryRecord",
    "MetricRecord",
    "OtherRecord",
    "OutputRecord",
    "RunRecord",
    "StatsRecord",
    "SummaryRecord",
    "TelemetryRecord",
    "WireError",
    "decode",
    "kind",
]

HISTORY_ITEM, HISTORY_STEP = 1, 2


def kind(payload: bytes) -> str:
    """Return the name of the record's kind, "unknown" if it has none; raise `WireError` for invalid bytes."""
    for number, wire_type, _ in fields(payload):
        if wire_type == BYTES and number in KINDS:
            return KINDS[number]
    return "unknown"


def is_history(payload: bytes) -> bool:
    """Return whether the record is a row. Invalid bytes are not a row."""
    try:
        return kind(payload) == "history"
    except WireError:
        return False


def decode(payload: bytes) -> Record:
    """Return the record in *payload*; raise `WireError` if it is not a protobuf message."""
    for number, wire_type, value in fields(payload):
        if wire_type == BYTES and number in KINDS:
            assert isinstance(value, bytes)  # noqa: S101 - the wire type says so; this tells the type checker
            maker = _MAKERS.get(number)
            return maker(value) if maker else OtherRecord(KINDS[number])
    return OtherRecord("unknown")


def _history(data: bytes) -> HistoryRecord:
    items: list[tuple[KeyPath, Any]] = []
    step: int | None = None
    for number, wire_type, raw in fields(data):
        if wire_type != BYTES or not isinstance(raw, bytes):
            continue
        if number == HISTORY_ITEM:
            items.append(read_item(raw))
        elif number == HISTORY_STEP:
            # Only a copy of the `_step` item: if it is invalid, the row is still valid.
            with suppress(WireError):
                step = MessageFields(raw).integer(1)
    return HistoryRecord(tuple(items), step)


def _config(data: bytes) -> ConfigRecord:
    return ConfigRecord(read_items(data, 1), tuple(path for path, _ in read_items(data, 2)))


def _summary(data: bytes) -> SummaryRecord:
    return SummaryRecord(read_items(data, 1), tuple(path for path, _ in read_items(data, 2)))


def _run(data: bytes) -> RunRecord:
    run = MessageFields(data)
    return RunRecord(
        id=run.text(1),
        entity=run.text(2),
        project=run.text(3),
        group=run.text(6),
        job_type=run.text(7),
        name=run.text(8),
        notes=run.text(9),
        tags=run.texts(10),
        host=run.text(13),
        sweep=run.text(12),
        starting_step=run.integer(14),
        start_time=run.time(17),
        resumed=run.flag(18),
        runtime=run.integer(20),
        git_remote=run.message(21).text(1),
        git_commit=run.message(21).text(2),
        config=_config(run.last(4, BYTES) or b""),
        summary=_summary(run.last(5, BYTES) or b""),
        branch=_branch(run.message(23)),
    )


def _branch(point: MessageFields) -> tuple[str, int] | None:
    step = point.double(2)
    return (point.text(1), int(step)) if point.text(1) and math.isfinite(step) else None


def _metric(data: bytes) -> MetricRecord:
    metric = MessageFields(data)
    values = {
        **{number: metric.text(number) for number in (definition.NAME, definition.GLOB, definition.STEP_NAME)},
        **{number: metric.message(number).numbers_set() for number in (definition.OPTIONS, definition.SUMMARY)},
        definition.GOAL: metric.integer(definition.GOAL),
        definition.EXPANDED: metric.flag(definition.EXPANDED),
    }
    return MetricRecord(definition.from_fields(values), overwrite=metric.message(9).flag(1))


def _exit(data: bytes) -> ExitRecord:
    ended = MessageFields(data)
    # An int32 travels as a 64-bit varint, but some writers send exit codes as unsigned 32 bits.
    code = ended.integer(1) & 0xFFFF_FFFF
    return ExitRecord(code - (1 << 32) if code >= 1 << 31 else code, ended.integer(2))


def _files(data: bytes) -> FilesRecord:
    return FilesRecord(
        tuple(
            (
                file.text(1),
                {1: "end", 2: "live"}.get(file.integer(2), "now"),
                {1: "wandb", 2: "media", 3: "artifact"}.get(file.integer(3), "other"),
            )
            for file in MessageFields(data).messages(1)
        )
    )


def _output(data: bytes) -> OutputRecord:
    line = MessageFields(data)
    return OutputRecord("stdout" if line.integer(1) == 1 else "stderr", line.text(3), line.time(2))


def _output_logger(data: bytes) -> OutputRecord:
    return OutputRecord("stderr", MessageFields(data).text(1), None)


def _stats(data: bytes) -> StatsRecord:
    return StatsRecord(read_items(data, 3), MessageFields(data).time(2))


def _alert(data: bytes) -> AlertRecord:
    alert = MessageFields(data)
    return AlertRecord(alert.text(1), alert.text(2), alert.text(3), alert.integer(4) / 1000)


def _telemetry(data: bytes) -> TelemetryRecord:
    used = MessageFields(data)
    label = used.message(9)
    labels = {str(number): label.text(number) for number in LABELS.values() if label.present(number)}
    return TelemetryRecord(used.message(3).numbers_set(), used.text(4), used.text(5), used.text(13), labels)


def _header(data: bytes) -> HeaderRecord:
    version = MessageFields(data).message(1)
    return HeaderRecord(version.text(1), version.text(2))


_ENVIRONMENT_NUMBERS = {16: "cpu_count", 17: "cpu_count_logical", 19: "gpu_count"}


def _environment(data: bytes) -> EnvironmentRecord:
    environment = MessageFields(data)
    facts: dict[str, Any] = {
        name: environment.text(n) for n, name in ENVIRONMENT_TEXTS.items() if environment.present(n)
    }
    facts |= {
        name: environment.integer(n) for n, name in _ENVIRONMENT_NUMBERS.items() if environment.present(n, VARINT)
    }
    if environment.present(3):
        facts["startedAt"] = environment.time(3)
    if environment.present(5):
        facts["args"] = list(environment.texts(5))
    if environment.present(9):
        git = environment.message(9)
        facts["git"] = _present(remote=git.text(1), commit=git.text(2), branch=git.text(GIT_BRANCH))
    if environment.present(20):
        facts["disk"] = {
            entry.text(1): {"total": str(entry.message(2).integer(1)), "used": str(entry.message(2).integer(2))}
            for entry in environment.messages(20)
        }
    if environment.present(21):
        facts["memory"] = {"total": str(environment.message(21).integer(1))}
    if environment.present(22):
        cpu = environment.message(22)
        facts["cpu"] = _present(model=cpu.text(3), count=cpu.integer(1), countLogical=cpu.integer(2))
    if environment.present(24):
        facts["gpu_nvidia"] = [_card(card) for card in environment.messages(24)]
    if environment.present(27):
        facts["slurm"] = {entry.text(1): entry.text(2) for entry in environment.messages(27)}
    return EnvironmentRecord(facts)


def _card(card: MessageFields) -> dict[str, Any]:
    memory = card.integer(2)
    return _present(
        name=card.text(1), memoryTotal=str(memory) if memory else "", architecture=card.text(4), uuid=card.text(5)
    )


def _present(**facts: Any) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if value}


_MAKERS: dict[int, Callable[[bytes], Record]] = {
    2: _history,
    3: _summary,
    4: _output,
    5: _config,
    6: _files,
    7: _stats,
    10: _alert,
    11: _telemetry,
    12: _metric,
    13: _output,
    17: _run,
    18: _exit,
    21: _header,
    26: _environment,
    27: _output_logger,
}
