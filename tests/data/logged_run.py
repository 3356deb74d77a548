"""What a run left on disk, ours or the official package's, and programs that log the same with both."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any, NamedTuple

from wandb_nb.store.format.artifact_record import ArtifactRecord, read_artifact
from wandb_nb.store.format.decode import decode
from wandb_nb.store.format.record_items import whole_objects
from wandb_nb.store.format.record_types import ConfigRecord, FilesRecord, HistoryRecord, SummaryRecord
from wandb_nb.store.format.wire import fields
from wandb_nb.store.reading.tail import Tail
from wandb_nb.values import leaves

if TYPE_CHECKING:
    from pathlib import Path

ARTIFACT = 8
OFFICIAL_SETTINGS = "settings=wandb.Settings(console='off', x_disable_stats=True, x_disable_meta=True)"


class LoggedRun(NamedTuple):
    """What a run left: rows (media joined), its own part of the config, announced files, media files, artifacts."""

    directory: Path
    rows: list[dict[str, Any]]
    config: dict[str, Any]
    announced: list[str]
    summary: dict[str, Any]
    artifacts: list[ArtifactRecord]

    @property
    def files(self) -> dict[str, bytes]:
        """The media files by their path below `files/`."""
        top = self.directory / "files"
        paths = [path for path in sorted((top / "media").rglob("*")) if path.is_file()]
        return {path.relative_to(top).as_posix(): path.read_bytes() for path in paths}


def read_run(directory: Path) -> LoggedRun:
    """Read the run in *directory*, ours or the official package's."""
    run = LoggedRun(directory, [], {}, [], {}, [])
    tail = Tail(next(directory.glob("run-*.wandb")))
    while payloads := tail.read():
        for payload in payloads:
            record = decode(payload)
            run.artifacts.extend(read_artifact(raw) for number, _, raw in fields(payload) if number == ARTIFACT)
            if isinstance(record, HistoryRecord):
                run.rows.append(nested(whole_objects(record.items)))
            elif isinstance(record, FilesRecord):
                run.announced.extend(path for path, _, _ in record.files)
            elif isinstance(record, SummaryRecord):
                run.summary.update(nested(whole_objects(record.update)))
            elif isinstance(record, ConfigRecord):
                take_config(run.config, record)
    return run


def take_config(config: dict[str, Any], record: ConfigRecord) -> None:
    """Add what *record* says of the tracker's own part of the config."""
    for path, value in record.update:
        if path == ("_wandb",):
            config.update(value)
        elif path[0] == "_wandb":
            inner = config
            for name in path[1:-1]:
                inner = inner.setdefault(name, {})
            inner[path[-1]] = value


def nested(items: Any) -> dict[str, Any]:
    """Return *items* by dotted name, without the tracker's own."""
    each = (leaf for path, value in items if not path[0].startswith("_") for leaf in leaves(path, value))
    return {".".join(path): value for path, value in each}


def execute(source: str, folder: Path, package: str) -> LoggedRun:
    """Run the body of a program that logs to `run`, with *package* as `wandb`, and read what it left."""
    settings = OFFICIAL_SETTINGS if package == "wandb" else "settings={'silent': True}"
    folder.mkdir(exist_ok=True)
    program = folder / "program.py"
    lines = (
        "import numpy as np",
        f"import {package} as wandb",
        f"run = wandb.init(mode='offline', project='p', id='media', {settings})",
        "rng = np.random.default_rng(0)",
        "noise = rng.integers(0, 255, (20, 30, 3), dtype=np.uint8)",
        source,
        "run.finish()",
    )
    program.write_text("\n".join(lines), "utf-8")
    environment = {**os.environ, "WANDB_SILENT": "true", "WANDB_DATA_DIR": str(folder), "MPLBACKEND": "agg"}
    done = subprocess.run(
        [sys.executable, str(program)], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    (directory,) = (folder / "wandb").glob("offline-run-*")
    return read_run(directory)


def load_json(run: LoggedRun, path: str) -> Any:
    """Return the JSON file *path* of *run*."""
    return json.loads(run.files[path])
