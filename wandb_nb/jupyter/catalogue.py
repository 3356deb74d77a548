"""The runs that the sidebar lists: registered runs and those in the server's folders, and what changed of them."""

from __future__ import annotations

import asyncio
import os
import secrets
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

from wandb_nb.jupyter.folder_scan import FolderScan
from wandb_nb.store.runs.registry import CONTINUED, Registry, read_entry
from wandb_nb.store.writing.owner_lock import owner_alive

if TYPE_CHECKING:
    from collections.abc import Callable

    from wandb_nb.store.runs.registry import RunEntry

REFRESH_SECONDS = 1.0  # pages that ask within this time get the same answer
SCAN_INTERVAL_SECONDS = 60.0
_NEVER = -1e9


class RunRow(TypedDict):
    """One run in the list. Times are Unix seconds; `notebook` and `folder` are below the server's root, else None."""

    key: str
    id: str
    token: str
    name: str
    project: str
    entity: str
    group: str
    state: str
    created: float
    ended: float | None
    host: str
    kernel: str | None
    notebook: str | None
    cell: str
    folder: str | None
    registered: bool


class RunCatalogue:
    """Lists runs without reading their files: entries are read again only if they changed.

    The public methods belong to the event loop's thread. All reading happens in worker threads, one at a time.
    """

    def __init__(
        self, root: Path, registry: Registry | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._registry = registry or Registry()
        self._root, self._clock = root.resolve(), clock
        self._folder_scan = FolderScan(self._root)
        self._registry_entries: dict[str, tuple[tuple[int, int], RunEntry]] = {}
        self._folder_entries: list[RunEntry] = []
        self._rows: dict[str, tuple[int, RunRow]] = {}
        self._row_entries: dict[str, RunEntry] = {}
        self._removed: dict[str, int] = {}
        self._epoch, self._version = secrets.token_hex(4), 0
        self._lock = asyncio.Lock()
        self._refreshed_at = self._scanned_at = _NEVER
        self._scan_task: asyncio.Task[None] | None = None

    async def changes(self, since: str, *, search: bool = False) -> dict[str, Any]:
        """Return the rows that changed after the answer with version *since*, and the keys of those removed.

        With *search* the folders are scanned again now; later answers hold the result.
        """
        if search:
            self._scanned_at = _NEVER
        async with self._lock:
            if self._clock() - self._refreshed_at >= REFRESH_SECONDS:
                await asyncio.to_thread(self._refresh)
                self._refreshed_at = self._clock()
        self._start_scan()
        epoch, _, number = since.partition(".")
        base_version = int(number) if epoch == self._epoch and number.isdigit() else -1
        return {
            "version": f"{self._epoch}.{self._version}",
            "whole": base_version < 0,
            "rows": [row for version, row in self._rows.values() if version > base_version],
            "gone": [key for key, version in self._removed.items() if version > base_version >= 0],
            "searching": self._scan_task is not None and not self._scan_task.done(),
            "complete": self._folder_scan.complete,
        }

    def entries(self, keys: list[str]) -> list[RunEntry]:
        """Return the listed runs with these keys, in their order; unknown keys are left out."""
        listed = [*(entry for _, entry in self._registry_entries.values()), *self._folder_entries]
        by_key = {entry.key: entry for entry in listed}
        return [by_key[key] for key in keys if key in by_key]

    def authorise(self, run_id: str, token: str) -> RunEntry | None:
        """Return the run with that id and token among those found in folders."""
        token_bytes = token.encode("utf-8", "backslashreplace")
        candidates = (entry for entry in self._folder_entries if entry.id == run_id)
        return next((entry for entry in candidates if secrets.compare_digest(entry.token.encode(), token_bytes)), None)

    def invalidate(self) -> None:
        """Read everything again for the next answer, since a run was deleted."""
        self._refreshed_at = self._scanned_at = _NEVER

    def _start_scan(self) -> None:
        """Start a scan of the folders in the background, if the last one is old."""
        busy = self._scan_task is not None and not self._scan_task.done()
        if busy or self._clock() - self._scanned_at < SCAN_INTERVAL_SECONDS:
            return
        self._scanned_at = self._clock()
        self._scan_task = asyncio.get_running_loop().create_task(self._scan_folders())

    async def _scan_folders(self) -> None:
        registered = {entry.path for _, entry in self._registry_entries.values()}
        entries = await asyncio.to_thread(self._folder_scan.scan, registered)
        async with self._lock:
            self._folder_entries = entries
            self._refreshed_at = _NEVER

    def _refresh(self) -> None:
        """Read what changed in the registry, and bring the rows up to date; in a worker thread."""
        self._read_registry()
        registered = [entry for _, entry in self._registry_entries.values() if entry.state != CONTINUED]
        registered_paths = {entry.path for entry in registered}
        unregistered = [entry for entry in self._folder_entries if entry.path not in registered_paths]
        rows = {row["key"]: row for entry in [*registered, *unregistered] if (row := self._row(entry)) is not None}
        self._version += 1
        for key in self._rows.keys() - rows.keys():
            del self._rows[key]
            self._row_entries.pop(key, None)
            self._removed[key] = self._version
        for key, row in rows.items():
            self._removed.pop(key, None)
            if key not in self._rows or self._rows[key][1] != row:
                self._rows[key] = (self._version, row)

    def _read_registry(self) -> None:
        entries: dict[str, tuple[tuple[int, int], RunEntry]] = {}
        with suppress(FileNotFoundError), os.scandir(self._registry.folder / "runs") as files:
            for file in files:
                if file.name.startswith(".") or not file.name.endswith(".json"):
                    continue
                with suppress(OSError, ValueError, TypeError, KeyError):  # removed meanwhile, or damaged
                    stat = file.stat()
                    signature = (stat.st_mtime_ns, stat.st_ino)
                    cached = self._registry_entries.get(file.name)
                    unchanged = cached is not None and cached[0] == signature
                    entries[file.name] = cached if cached and unchanged else (signature, read_entry(Path(file.path)))
        self._registry_entries = entries

    def _row(self, entry: RunEntry) -> RunRow | None:
        """Return the row of a run whose directory exists; built again if its entry changed or the run is active."""
        if not os.path.isdir(entry.path):  # noqa: PTH112 -- one check for each of thousands: no object for each
            return None
        _, row = self._rows.get(entry.key, (0, None))
        if row is None or self._row_entries.get(entry.key) is not entry or entry.state == "running":
            self._row_entries[entry.key] = entry
            return self._build_row(entry)
        return row

    def _build_row(self, entry: RunEntry) -> RunRow:
        return {
            "key": entry.key,
            "id": entry.id,
            "token": entry.token,
            "name": entry.name or entry.id,
            "project": entry.project,
            "entity": entry.entity,
            "group": entry.group,
            "state": _state(entry),
            "created": entry.created,
            "ended": entry.ended,
            "host": entry.host,
            "kernel": entry.kernel,
            "notebook": self._relative_path(entry.notebook) if entry.notebook else None,
            "cell": entry.cell_id,
            "folder": self._relative_path(entry.path),
            "registered": not entry.key.startswith("folder."),
        }

    def _relative_path(self, path: str) -> str | None:
        """Return *path* as the server's contents API names it; None if it is outside the server's root."""
        root = f"{self._root}{os.sep}"
        if path.startswith(root) and ".." not in path:  # saves resolving thousands of paths
            return Path(path.removeprefix(root)).as_posix()
        try:
            return Path(path).resolve().relative_to(self._root).as_posix()
        except (ValueError, OSError):
            return None


def _state(entry: RunEntry) -> str:
    """Return the run's state; a run without an end whose lock has no owner has crashed."""
    if entry.state != "running":
        return entry.state
    return "crashed" if owner_alive(entry.path) is False else "running"
