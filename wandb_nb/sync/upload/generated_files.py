"""The files that a server wants of every run, made from its records."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from wandb_nb.capture.console.output_log import PARTS
from wandb_nb.sync.http.file_uploads import found

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from wandb_nb.sync.upload.accumulator import RunAccumulator

CONFIG, SUMMARY, METADATA, CONSOLE = "config.yaml", "wandb-summary.json", "wandb-metadata.json", "output.log"


def made(fold: RunAccumulator) -> dict[str, bytes]:
    """Return config, summary, facts of the machine and terminal output as they are at the end, by name."""
    import yaml  # some milliseconds, once a run

    config = yaml.safe_dump(fold.config.layout(), indent=4, sort_keys=True, allow_unicode=True)
    files = {CONFIG: config.encode("utf-8", "backslashreplace")}
    if line := fold.summary_line():
        files[SUMMARY] = line.encode("utf-8", "backslashreplace") + b"\n"
    if fold.config.metadata:
        files[METADATA] = json.dumps(fold.config.metadata, indent=2).encode() + b"\n"
    fold.console.text.seek(0)
    in_parts = any(path.startswith(PARTS) for path in fold.files)
    if not in_parts and (text := fold.console.text.read()):
        files[CONSOLE] = text
    return files


def announced(fold: RunAccumulator, folder: Path, policies: tuple[str, ...]) -> Iterator[tuple[str, Path]]:
    """Yield name and path of the files in *folder* that the run's records name with one of *policies*."""
    for pattern, policy in list(fold.files.items()):
        if policy in policies:
            yield from found(folder, pattern)
