"""The runs that the sidebar lists: the registry's and those in the server's folders, kept and told as they change."""

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

FRESH_SECONDS = 1.0  # pages that ask within this time get the same answer
FOLDERS_EVERY_SECONDS = 60.0


class RunRow(TypedDict):
    """One run in the list. Times are unix seconds, `notebook` and `folder` paths below the server's root or None."""

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
    folder: str | None
    registered: bool


class RunCatalogue:
    """Lists runs without reading their files: entries are read again only where they changed.

    The public methods belong to the event loop's thread; all reading happens in worker threads, one at a time.
    """

    def __init__(
        self, root: Path, registry: Registry | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._registry = registry or Registry()
        self._root, self._clock = root.resolve(), clock
        self._folders = FolderScan(self._root)
        self._files: dict[str, tuple[tuple[int, int], RunEntry]] = {}
        self._found: list[RunEntry] = []
        self._rows: dict[str, tuple[int, RunRow]] = {}
        self._gone: dict[str, int] = {}
        self._entries: dict[str, RunEntry] = {}
        self._epoch, self._version = secrets.token_hex(4), 0
        self._lock = asyncio.Lock()
        self._looked = self._searched = -1e9
        self._searching: asyncio.Task[None] | None = None

    async def changes(self, since: str, *, search: bool = False) -> dict[str, Any]:
        """Return the rows that changed after the answer with version *since*, and the keys of those that are gone.

        With *search* the folders are searched again now, which later answers tell the result of.
        """
        if search:
            self._searched = -1e9
        async with self._lock:
            if self._clock() - self._looked >= FRESH_SECONDS:
                await asyncio.to_thread(self._look)
                self._looked = self._clock()
        self._search()
        epoch, _, number = since.partition(".")
        known = int(number) if epoch == self._epoch and number.isdigit() else -1
        return {
            "version": f"{self._epoch}.{self._version}",
            "whole": known < 0,
            "rows": [row for version, row in self._rows.values() if version > known],
            "gone": [key for key, version in self._gone.items() if version > known >= 0],
            "searching": self._searching is not None and not self._searching.done(),
            "complete": self._folders.whole,
        }

    def entries(self, keys: list[str]) -> list[RunEntry]:
        """Return the listed runs with these keys, in their order; unknown ones are left out."""
        known = {entry.key: entry for _, entry in self._files.values()} | {entry.key: entry for entry in self._found}
        return [known[key] for key in keys if key in known]

    def authorise(self, run_id: str, token: str) -> RunEntry | None:
        """Return the run that was found in a folder and has that token."""
        given = token.encode("utf-8", "backslashreplace")
        fitting = (entry for entry in self._found if entry.id == run_id)
        return next((entry for entry in fitting if secrets.compare_digest(entry.token.encode(), given)), None)

    def forget(self) -> None:
        """Look again at the next question, since a run was deleted."""
        self._looked = self._searched = -1e9

    def _search(self) -> None:
        """Have the folders searched in the background, now and then."""
        busy = self._searching is not None and not self._searching.done()
        if busy or self._clock() - self._searched < FOLDERS_EVERY_SECONDS:
            return
        self._searched = self._clock()
        self._searching = asyncio.get_running_loop().create_task(self._find())

    async def _find(self) -> None:
        registered = {entry.path for _, entry in self._files.values()}
        found = await asyncio.to_thread(self._folders.look, registered)
        async with self._lock:
            self._found = found
            self._looked = -1e9

    def _look(self) -> None:
        """Read what changed in the registry, and bring the rows up to date; in a worker thread."""
        self._read_registry()
        registered = [entry for _, entry in self._files.values() if entry.state != CONTINUED]
        known = {entry.path for entry in registered}
        found = [entry for entry in self._found if entry.path not in known]
        rows = {row["key"]: row for entry in [*registered, *found] if (row := self._row(entry)) is not None}
        self._version += 1
        for key in self._rows.keys() - rows.keys():
            del self._rows[key]
            self._entries.pop(key, None)
            self._gone[key] = self._version
        for key, row in rows.items():
            self._gone.pop(key, None)
            if key not in self._rows or self._rows[key][1] != row:
                self._rows[key] = (self._version, row)

    def _read_registry(self) -> None:
        files: dict[str, tuple[tuple[int, int], RunEntry]] = {}
        with suppress(FileNotFoundError), os.scandir(self._registry.folder / "runs") as found:
            for file in found:
                if file.name.startswith(".") or not file.name.endswith(".json"):
                    continue
                with suppress(OSError, ValueError, TypeError, KeyError):  # forgotten meanwhile, or damaged
                    facts = file.stat()
                    mark = (facts.st_mtime_ns, facts.st_ino)
                    known = self._files.get(file.name)
                    same = known is not None and known[0] == mark
                    files[file.name] = known if known and same else (mark, read_entry(Path(file.path)))
        self._files = files

    def _row(self, entry: RunEntry) -> RunRow | None:
        """Return the row of a run whose directory is there; made anew where its entry is another, or it goes on."""
        if not os.path.isdir(entry.path):  # noqa: PTH112  a look at thousands: no object for each
            return None
        _, known = self._rows.get(entry.key, (0, None))
        if known is None or self._entries.get(entry.key) is not entry or entry.state == "running":
            self._entries[entry.key] = entry
            return self._made(entry)
        return known

    def _made(self, entry: RunEntry) -> RunRow:
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
            "notebook": self._below(entry.notebook) if entry.notebook else None,
            "folder": self._below(entry.path),
            "registered": not entry.key.startswith("folder."),
        }

    def _below(self, path: str) -> str | None:
        """Return *path* as the server's contents call it; None for what lies elsewhere."""
        root = f"{self._root}{os.sep}"
        if path.startswith(root) and ".." not in path:  # spares thousands of paths a look at each of their folders
            return Path(path.removeprefix(root)).as_posix()
        try:
            return Path(path).resolve().relative_to(self._root).as_posix()
        except (ValueError, OSError):
            return None


def _state(entry: RunEntry) -> str:
    """Return the state, where a run that goes on by its last word has a living owner only if its lock says so."""
    if entry.state != "running":
        return entry.state
    return "crashed" if owner_alive(entry.path) is False else "running"
