"""Which run logged or used which version: one small file for each pair.

`<run>.<version>.<role>.json`, where run and version are digests of their paths, so that one listing of the folder
answers both questions: what a run used, and who used a version.
"""

from __future__ import annotations

import json
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from wandb_nb.artifacts.store.stored_version import LineageRun, read_run
from wandb_nb.atomic_file import write_text
from wandb_nb.untrusted_file import read_file

if TYPE_CHECKING:
    from pathlib import Path

    from wandb_nb.artifacts.store.stored_version import StoredVersion

LOGGED, USED = "logged", "used"
_MAX_BYTES = 1 << 16
_DIGITS = 24


@dataclass(frozen=True)
class LineageEdge:
    """A run that logged or used (*role*) a version, *time* in unix seconds."""

    run: LineageRun
    entity: str
    project: str
    name: str
    index: int
    role: str
    time: float = 0.0

    @property
    def qualified_name(self) -> str:
        """Entity (where known), project, name and version of the artifact."""
        return f"{'/'.join(part for part in (self.entity, self.project, self.name) if part)}:v{self.index}"


class LineageFiles:
    """The edges in *folder*. Threads and processes may use it concurrently."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def add(self, run: LineageRun, version: StoredVersion, role: str) -> None:
        """Record that *run* logged or used *version*. Raises OSError if it cannot be stored."""
        name = f"{_digest(run.path)}.{_version_digest(version)}.{role}.json"
        if (self._folder / name).exists():
            return
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        edge = LineageEdge(run, version.entity, version.project, version.name, version.index, role, time.time())
        write_text(self._folder / name, json.dumps(asdict(edge)))

    def of_version(self, version: StoredVersion, role: str) -> list[LineageEdge]:
        """Return the edges of *version* with this role, oldest first."""
        return self._read(f"*.{_version_digest(version)}.{role}.json")

    def of_run(self, run: LineageRun) -> list[LineageEdge]:
        """Return the edges of *run*, oldest first."""
        return self._read(f"{_digest(run.path)}.*.json")

    def _read(self, pattern: str) -> list[LineageEdge]:
        edges = []
        for file in self._folder.glob(pattern):
            with suppress(OSError, ValueError, TypeError, KeyError):  # damaged
                content = json.loads(read_file(file, _MAX_BYTES))
                run = read_run(content.pop("run"))
                if run is not None:
                    edges.append(LineageEdge(run, **content))
        return sorted(edges, key=lambda edge: edge.time)


def _version_digest(version: StoredVersion) -> str:
    return _digest(f"{version.entity}\n{version.project}\n{version.name}\n{version.index}")


def _digest(text: str) -> str:
    return sha256(text.encode("utf-8", "backslashreplace")).hexdigest()[:_DIGITS]
