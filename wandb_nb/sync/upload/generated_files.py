"""The files that a server expects of every run, generated from its records."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from wandb_nb.capture.console.output_log import PARTS
from wandb_nb.store.format.yaml_text import to_yaml

if TYPE_CHECKING:
    from wandb_nb.sync.upload.lines.accumulator import RunAccumulator

CONFIG, SUMMARY, METADATA, CONSOLE = "config.yaml", "wandb-summary.json", "wandb-metadata.json", "output.log"


def generate_files(run: RunAccumulator) -> dict[str, bytes]:
    """Return config, summary, metadata and console output at the end of the run, by file name."""
    files = {CONFIG: to_yaml(run.config.layout()).encode("utf-8", "backslashreplace")}
    if line := run.summary_line():
        files[SUMMARY] = line.encode("utf-8", "backslashreplace") + b"\n"
    if run.config.metadata:
        files[METADATA] = json.dumps(run.config.metadata, indent=2).encode() + b"\n"
    run.console.text.seek(0)
    is_in_parts = any(path.startswith(PARTS) for path in run.files)
    if not is_in_parts and (text := run.console.text.read()):
        files[CONSOLE] = text
    return files
