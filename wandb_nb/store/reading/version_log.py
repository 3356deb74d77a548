"""The artifact versions that a run logged, each with the step after which it was: a journal in the run directory."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from wandb_nb.untrusted_file import open_file

if TYPE_CHECKING:
    from pathlib import Path

FILE = "artifacts/versions.jsonl"
"""Path of the journal in a run directory."""

_MAX_BYTES = 1 << 26


@dataclass(frozen=True)
class VersionAtStep:
    """A version, such as "model:v3": *step* is that of the newest row when it was logged, None if there was none."""

    name: str
    type: str
    step: int | None
    attempt: int
    client_id: str


class VersionLog:
    """The versions in the journal of the run in *folder*, oldest first, followed as it grows.

    A missing journal has none; a line that was cut short by a killed process is skipped.
    """

    def __init__(self, folder: Path) -> None:
        self.versions: list[VersionAtStep] = []
        self._folder = folder
        self._offset = 0

    def advance(self) -> bool:
        """Read up to the journal's last complete line; return whether there was anything new."""
        data = b""
        with suppress(OSError), open_file(self._folder / FILE, below=self._folder) as file:  # none, or not a file
            file.seek(self._offset)
            data = file.read(max(0, _MAX_BYTES - self._offset))
        data = data[: data.rfind(b"\n") + 1]
        self._offset += len(data)
        self.versions += filter(None, map(_parse, data.splitlines()))
        return bool(data)


def add_version(folder: Path, version: VersionAtStep) -> None:
    """Add *version* to the journal of the run in *folder*; processes may do so concurrently.

    Raises:
        OSError: It cannot be written.

    """
    line = json.dumps(asdict(version), separators=(",", ":")).encode() + b"\n"
    file = os.open(folder / FILE, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o666)
    try:
        os.write(file, line)
    finally:
        os.close(file)


def _parse(line: bytes) -> VersionAtStep | None:
    """Return the version in *line*, None if it was cut short or written by others."""
    with suppress(ValueError, KeyError, TypeError, RecursionError):
        entry = json.loads(line)
        step, attempt = entry["step"], entry["attempt"]
        texts = [entry[field] for field in ("name", "type", "client_id")]
        if (step is None or type(step) is int) and type(attempt) is int and all(type(text) is str for text in texts):
            return VersionAtStep(texts[0], texts[1], step, attempt, texts[2])
    return None
