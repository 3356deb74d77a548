"""`RecordedRun`: what a program recorded with a client, as far as two clients must agree on it."""

from __future__ import annotations

import hashlib
import json
import math
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from wandb_nb.store.format.artifact_record import read_artifact
from wandb_nb.store.format.layout import run_file
from wandb_nb.store.format.wire import fields
from wandb_nb.store.reading.run_state import replayed
from wandb_nb.store.reading.tail import Tail

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wandb_nb.store.format.artifact_record import ArtifactRecord, ManifestEntry
    from wandb_nb.store.reading.run_state import RunState

GENERATED = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[a-z]+-[a-z]+-\d+(?![0-9a-f-])|None")
"""Generated names and ids; a run without a name has none before the official client's server gives it one."""
MEASURED = re.compile(r"runtime|profiling|per_sec|time|memory|flos|speed|save_dir|_timestamp|_step$")
"""Keys of values that differ from one execution or folder to the next."""
ARTIFACT = 8
"""The number of the record of an artifact."""
CLIENT_ID = re.compile(r"(?<=wandb-client-artifact://)\w{128}")
ADDRESS = re.compile(r"( at )?0x[0-9a-f]{8,}")
"""The address of an object, in the text of it; in a config our texts have none."""
OF_TABLES = ("run_table", "wandb-run-incremental-table")
"""The types of the artifacts behind logged tables."""
RANDOM_END = re.compile(r"-[\w-]{6}$")
"""The end of a table's artifact whose key has characters that the name of an artifact cannot have."""
VARYING_FILE = re.compile(r"\.(pt|ckpt|safetensors|bin|zip|keras|h5)$|results\.json$|^model$")
"""Files that contain addresses, dates or durations: saved models (`model` is CatBoost's), results of lm-eval."""
MEDIA_FILE = re.compile(r"^(media/[^/]+)/.*_\d+_([0-9a-f]{20})(?=(\.\w+)+$)")
PIXELS: dict[str, str] = {}
"""The digest of the pixels of each PNG that was read, by the digest in its name: clients compress differently."""


@dataclass
class RecordedArtifact:
    """A version: its texts, metadata and labels, and its files with their digests, where those can be equal."""

    type: str
    name: str
    description: str
    aliases: list[str]
    tags: list[str]
    is_used: bool
    metadata: dict[str, Any]
    files: dict[str, str]
    digest: str = field(compare=False)


@dataclass
class RecordedRun:
    """One run: texts, config, metric definitions, rows in the order of steps, summary, artifacts, saved files, end.

    *charts* are those that `wandb.plot` makes of tables. *saved* has the policy and the digest of each file that the
    program saved.
    """

    name: str
    project: str
    group: str
    job_type: str
    notes: str
    tags: list[str]
    config: dict[str, Any]
    metrics: list[tuple[str, str | None, bool, tuple[str, ...]]]
    rows: list[tuple[int, dict[str, Any]]]
    summary: dict[str, Any]
    exit_code: int | None
    artifacts: list[RecordedArtifact]
    labels: dict[str, str]
    pinned_keys: list[str]
    charts: dict[str, Any]
    saved: dict[str, tuple[str, str]]
    id: str = field(compare=False)


def recorded_runs(folder: Path) -> list[RecordedRun]:
    """Return the runs that were recorded in *folder*, in the order of their names, groups and configs."""
    found = [_recorded(directory) for directory in folder.glob("**/wandb/*run-*") if directory.is_dir()]
    return sorted(found, key=lambda run: (run.name, run.group, str(run.rows)))


def _recorded(directory: Path) -> RecordedRun:
    PIXELS.update({path.stem[-20:]: _pixels(path) for path in directory.glob("files/media/**/*.png")})
    tail = Tail(run_file(directory))
    tail.finalize()
    state = replayed([tail])
    assert not state.unreadable
    return RecordedRun(
        name=GENERATED.sub("GENERATED", state.name),
        project=state.project,
        group=state.group,
        job_type=state.job_type,
        notes=state.notes,
        tags=without_generated(state.tags),
        config=comparable(state.config),
        metrics=sorted(
            (metric.name, metric.step_metric, metric.step_sync, metric.summary)
            for metric in state.metrics
            if not metric.expanded and metric.defined  # the official client leaves implied step metrics to its server
        ),
        rows=[(step, comparable(row)) for step, row in _rows(state)],
        summary=comparable(state.summary),
        exit_code=state.exit_code,
        artifacts=_artifacts(directory, state.id),
        labels=dict(state.telemetry.labels) if state.telemetry else {},
        pinned_keys=state.config_wandb.get("pinned_keys", []),
        charts=state.config_wandb.get("visualize", {}),
        saved={
            path: (policy, "" if VARYING_FILE.search(path) else _digest((directory / "files" / path).read_bytes()))
            for path, (policy, kind) in state.files.items()
            if kind == "other" and not path.startswith(("code/", "media/"))
        },
        id=state.id,
    )


def _pixels(path: Path) -> str:
    with Image.open(path) as image:
        return _digest(image.tobytes() + image.mode.encode())


def _digest(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def _artifacts(directory: Path, run_id: str) -> list[RecordedArtifact]:
    """Return the logged artifacts in the order of their records."""
    tail = Tail(run_file(directory))
    payloads = iter(tail.read, [])
    records = [
        raw for batch in payloads for payload in batch for number, _, raw in fields(payload) if number == ARTIFACT
    ]
    return [_artifact(read_artifact(record), run_id) for record in records]


def _artifact(record: ArtifactRecord, run_id: str) -> RecordedArtifact:
    name = record.name.replace(run_id, "ID")
    return RecordedArtifact(
        type=record.type,
        name=RANDOM_END.sub("", name) if record.type in OF_TABLES else name,
        description=record.description,
        aliases=sorted(record.aliases),
        tags=sorted(record.tags),
        is_used=record.is_used,
        metadata=comparable(json.loads(record.metadata or "{}")),
        files={path.replace(run_id, "ID"): digest for path, digest in _files(record.entries).items()},
        digest=record.digest,
    )


def _files(entries: Mapping[str, ManifestEntry]) -> dict[str, str]:
    """Return the digest of each file, of a PNG that of its pixels; empty for one that cannot be equal."""
    has_pictures = any(path.endswith(".png") for path in entries)
    files = {}
    for path, entry in entries.items():
        if path.endswith(".png"):  # its name is a digest as well
            files[f"{path.rpartition('/')[0]}/{_pixels(Path(entry.local_path))}.png"] = ""
        else:
            varies = VARYING_FILE.search(path) or (has_pictures and path.endswith(".json"))
            files[path] = "" if varies else entry.digest or entry.ref
    return files


def _rows(state: RunState) -> Iterable[tuple[int, dict[str, Any]]]:
    table = state.table
    rows: list[dict[str, Any]] = [{} for _ in range(len(table))]
    for columns in (table.numbers, table.others):
        for key, column in columns.items():
            for row, value in zip(list(column.rows), column.exact_values(0, len(column)), strict=True):
                rows[row][key] = value
    return zip(table.step.astype(int).tolist(), rows, strict=True)


def without_generated(texts: Iterable[str]) -> list[str]:
    """Return *texts* sorted, without what was generated."""
    return sorted(GENERATED.sub("GENERATED", text) for text in texts)


def comparable(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return *values* without what is W&B's own, and with what was measured replaced by its type."""
    return _without_measured({key: value for key, value in values.items() if not key.startswith("_")})


def _without_measured(values: Mapping[str, Any]) -> dict[str, Any]:
    left_out = {"sha256", "size"} if values.get("_type") == "image-file" else set()
    return {
        key: type(value).__name__ if MEASURED.search(key) else _rounded(value)
        for key, value in values.items()
        if key not in left_out
    }


def _file_name(match: re.Match[str]) -> str:
    """Return the name of a media file without key and step: by its digest, or that of its pixels if it has any."""
    return f"{match[1]}/{PIXELS.get(match[2], match[2])}"


def _text(value: str) -> str:
    """Return *value* without client ids and addresses, and with the names of media files as they compare."""
    return ADDRESS.sub("", CLIENT_ID.sub("CLIENT-ID", MEDIA_FILE.sub(_file_name, value)))


def _rounded(value: Any) -> Any:
    """Return *value* without client ids, and numbers with five digits: sums of threads differ in the last ones."""
    if isinstance(value, dict):
        return _without_measured(value)
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, (int, float, np.number)) and not isinstance(value, bool) and math.isfinite(value):
        return float(f"{value:.5g}")
    return value
