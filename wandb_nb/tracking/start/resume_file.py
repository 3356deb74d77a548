"""`wandb-resume.json`: the run of a folder that has not finished successfully, for `resume="auto"`."""

from __future__ import annotations

import json
from contextlib import suppress
from typing import TYPE_CHECKING

from wandb_nb.atomic_file import write_text
from wandb_nb.untrusted_file import read_file

if TYPE_CHECKING:
    from pathlib import Path

MAX_BYTES = 4096


class ResumeFile:
    """The file in *folder*, beside the run directories. One that cannot be read or written counts as absent."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "wandb-resume.json"

    def read(self) -> str | None:
        """Return the id of the unfinished run, if any."""
        try:
            content = json.loads(read_file(self._path, MAX_BYTES))
        except (OSError, ValueError, RecursionError):
            return None
        run_id = content.get("run_id") if isinstance(content, dict) else None
        return run_id if isinstance(run_id, str) and run_id else None

    def write(self, run_id: str) -> None:
        """Record that the run *run_id* is active."""
        with suppress(OSError):  # the registry has it as well
            write_text(self._path, json.dumps({"run_id": run_id}))

    def remove(self, run_id: str) -> None:
        """Record that the run *run_id* finished successfully; the record of another run stays."""
        if self.read() == run_id:
            with suppress(OSError):
                self._path.unlink()
