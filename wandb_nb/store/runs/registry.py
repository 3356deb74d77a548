"""The runs of this user on this machine, and how many runs each project has had.

Each run directory has one small JSON file in a folder of the user's data directory. The folder is private to the user,
since an entry's token grants access to the run. Files are replaced atomically, so that readers need no lock.
"""

from __future__ import annotations

import json
import os
import re
import secrets
import sys
import time
from contextlib import contextmanager, suppress
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

from wandb_nb.atomic_file import replacement
from wandb_nb.errors import StoreError, UsageError
from wandb_nb.store.writing.file_lock import wait_for_flock
from wandb_nb.store.writing.segments import counter
from wandb_nb.surroundings import host_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

REPLACED, CONTINUED = "replaced", "continued"
"""States of directories whose run was replaced or continued by a later one."""
_SAFE_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
START_SECONDS = 120.0
"""How long `starting` waits; an online run waits for its server meanwhile."""
_POLL_SECONDS = 0.01
_LOCK_CHARACTERS = 2  # of a digest: names share 256 lock files, which are never deleted
_CLOSE_ON_EXEC = getattr(os, "O_CLOEXEC", 0)
_MAX_SUMMARY = 100  # values of a summary that an entry stores
_MAX_TEXT = 200


class RunEntry(NamedTuple):
    """The entry of one run directory.

    Times are unix seconds; *key* names the entry itself, *cell* the call that started the run in a notebook, *cell_id*
    is the id of its cell in the notebook's file.
    """

    id: str
    token: str
    path: str
    key: str
    created: float
    project: str = ""
    entity: str = ""
    name: str = ""
    group: str = ""
    pid: int = 0
    host: str = ""
    kernel: str | None = None
    notebook: str | None = None
    cell: str = ""
    cell_id: str = ""
    state: str = "running"
    exit_code: int | None = None
    ended: float | None = None
    summary: Mapping[str, Any] = MappingProxyType({})


_FIELDS = frozenset(RunEntry._fields)
_TYPES: tuple[tuple[tuple[str, ...], tuple[type, ...]], ...] = (
    (("id", "token", "path", "project", "entity", "name", "group", "host", "state", "cell", "cell_id"), (str,)),
    (("created",), (float, int)),
    (("summary",), (dict,)),
)
_MIN_TOKEN = 20  # of the 32 characters written


class Registry:
    """The entries below *folder*; by default `$WANDB_NB_DATA_DIR`, else the user's data directory for wandb-nb.

    `damaged` counts the entry files that the last read skipped. Processes and threads may use one folder concurrently;
    the last of two updates to one entry wins.
    """

    def __init__(self, folder: str | os.PathLike[str] | None = None) -> None:
        self.folder = Path(folder) if folder is not None else _default_folder()
        self.damaged = 0

    def register(self, *, run_id: str, path: str | os.PathLike[str], **facts: Any) -> RunEntry:
        """Add the run directory *path* with a new random token; *facts* are fields of `RunEntry`, None where unknown.

        Raises:
            StoreError: The registry cannot be written.

        """
        key = f"{_file_id(run_id)}.{secrets.token_hex(4)}"
        path = os.path.abspath(path)  # noqa: PTH100 - a link on the way, `latest-run` say, must not be followed
        fields = {name: value for name, value in facts.items() if value is not None}
        facts = {"created": time.time(), "pid": os.getpid(), "host": host_name(), **fields}
        entry = RunEntry(id=run_id, token=secrets.token_urlsafe(24), path=path, key=key, **facts)
        self._write(entry)
        return entry

    def update(self, entry: RunEntry, **changes: Any) -> RunEntry:
        """Store *entry* with *changes* to its fields, and return it.

        Raises:
            StoreError: The registry cannot be written.

        """
        changed = entry._replace(**changes)
        self._write(changed)
        return changed

    def supersede(self, newer: RunEntry, state: str) -> None:
        """Mark the earlier directories of the run of *newer* as REPLACED or CONTINUED.

        Raises:
            StoreError: The registry cannot be written.

        """
        for entry in self.find(newer.id):
            if entry.key != newer.key and entry.project == newer.project and entry.state != REPLACED:
                self.update(entry, state=state)

    def latest_version(self, entry: RunEntry) -> RunEntry:
        """Return *entry* as it is stored now; *entry* itself if it was removed or is damaged."""
        with suppress(OSError, ValueError, TypeError, KeyError):
            return read_entry(self._file(entry))
        return entry

    def forget(self, entry: RunEntry, *, deleted: bool = False) -> None:
        """Remove *entry*; its run directory stays. With *deleted* its id is never used again in its project.

        Raises:
            StoreError: The registry cannot be written.

        """
        if deleted:
            try:
                self._tombstone(entry.id, entry.project, make=True).touch(0o600)
            except OSError as error:
                raise self._unwritable(error) from error
        self._file(entry).unlink(missing_ok=True)
        self.facts_file(entry).unlink(missing_ok=True)

    def is_deleted(self, run_id: str, project: str) -> bool:
        """Return whether a run *run_id* of *project* was deleted on this machine."""
        return self._tombstone(run_id, project).exists()

    def find(self, run_id: str) -> list[RunEntry]:
        """Return the directories of the run *run_id*, newest first."""
        return [entry for entry in self._read(f"{_file_id(run_id)}.*.json") if entry.id == run_id]

    def find_name(self, name: str) -> list[RunEntry]:
        """Return the runs called *name*, newest first."""
        return [entry for entry in self.all() if entry.name == name]

    def latest(self) -> RunEntry | None:
        """Return the run that was started last."""
        return next(iter(self.all()), None)

    def all(self) -> list[RunEntry]:
        """Return every run, newest first."""
        return self._read("*.json")

    def authorise(self, run_id: str, token: str) -> RunEntry | None:
        """Return the entry of *run_id* whose token is *token*, or None. The time taken does not depend on the token."""
        token_bytes = token.encode("utf-8", "backslashreplace")
        match = None
        for entry in self.find(run_id):
            if secrets.compare_digest(entry.token.encode(), token_bytes):
                match = entry
        return match

    @contextmanager
    def starting(self, name: str) -> Iterator[None]:
        """Let one process at a time start the run *name*: the next one then finds it registered and its owner alive.

        Raises:
            UsageError: Another process is starting it for longer than START_SECONDS.

        """
        digest = sha256(name.encode("utf-8", "backslashreplace")).hexdigest()[:_LOCK_CHARACTERS]
        try:
            fd = os.open(self._make_directory("starting") / digest, os.O_RDWR | os.O_CREAT | _CLOSE_ON_EXEC, 0o600)
        except OSError:  # without a registry no process finds another's run
            yield
            return
        try:
            if not wait_for_flock(fd, START_SECONDS, _POLL_SECONDS):
                raise UsageError(f"another process is starting run {name!r}: wait until it has, or give another id")
            yield
        finally:
            os.close(fd)

    def next_number(self, project: str) -> int:
        """Count the runs of *project*: 1 at the first call, then 2, for all processes together.

        Raises:
            StoreError: The registry cannot be written.

        """
        name = sha256(project.encode("utf-8", "backslashreplace")).hexdigest()[:24]
        try:
            with counter(self._make_directory("projects") / name) as file:
                stored = os.read(file, 32)
                number = int(stored) + 1 if stored.isdigit() else 1
                os.lseek(file, 0, os.SEEK_SET)
                os.write(file, b"%d" % number)
        except OSError as error:
            raise self._unwritable(error) from error
        return number

    def _file(self, entry: RunEntry) -> Path:
        return self.folder / "runs" / f"{entry.key}.json"

    def facts_file(self, entry: RunEntry) -> Path:
        """Return the file for what the public API has read of the run; it goes with its entry."""
        return self.folder / "facts" / f"{entry.key}.json"

    def _tombstone(self, run_id: str, project: str, *, make: bool = False) -> Path:
        folder = self._make_directory("deleted") if make else self.folder / "deleted"
        digest = sha256(project.encode("utf-8", "backslashreplace")).hexdigest()[:24]
        return folder / f"{_file_id(run_id)}.{digest}"

    def _make_directory(self, name: str) -> Path:
        folder = self.folder / name
        if not folder.is_dir():
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            folder.mkdir(mode=0o700, exist_ok=True)
        return folder

    def _write(self, entry: RunEntry) -> None:
        content = entry._replace(summary=_small(entry.summary))._asdict()
        try:
            self._make_directory("runs")
            with replacement(self._file(entry), private=True) as unfinished:
                unfinished.write_text(json.dumps(content), "utf-8")
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> StoreError:
        return StoreError(
            f"the registry of runs in {self.folder} cannot be written: {error.strerror or error}; "
            "WANDB_NB_DATA_DIR names another folder"
        )

    def _read(self, pattern: str) -> list[RunEntry]:
        self.damaged = 0
        entries = list(self._entries((self.folder / "runs").glob(pattern)))
        return sorted(entries, key=lambda entry: (entry.created, entry.key), reverse=True)

    def _entries(self, files: Iterable[Path]) -> Iterable[RunEntry]:
        for file in files:
            if file.name.startswith("."):
                continue
            try:
                yield read_entry(file)
            except FileNotFoundError:  # forgotten meanwhile
                continue
            except (OSError, ValueError, TypeError, KeyError):
                self.damaged += 1


def read_entry(file: Path) -> RunEntry:
    """Return the entry in *file*; raise OSError, ValueError, TypeError or KeyError if it is invalid."""
    content = json.loads(file.read_text("utf-8"))
    if not isinstance(content, dict) or content.get("key") != file.stem:
        raise ValueError("not an entry of the registry")
    # Fields of a later version are left alone.
    fields = {name: value for name, value in content.items() if name in _FIELDS}
    for names, types in _TYPES:
        if not all(isinstance(fields.get(name, types[0]()), types) for name in names):
            raise TypeError("an entry with fields of the wrong type")
    if len(fields["token"]) < _MIN_TOKEN:
        raise ValueError("an entry without its token")
    return RunEntry(**fields)


def _file_id(run_id: str) -> str:
    """Return *run_id* as a part of a file's name; an id that could lead elsewhere is replaced by its digest."""
    if _SAFE_ID.fullmatch(run_id):
        return run_id
    return f"x-{sha256(run_id.encode('utf-8', 'backslashreplace')).hexdigest()[:32]}"


def _small(summary: Mapping[str, Any]) -> dict[str, Any]:
    """Keep the numbers and short texts of *summary*, the first hundred."""
    entries = {
        str(key): value
        for key, value in summary.items()
        if isinstance(value, (int, float)) or (isinstance(value, str) and len(value) <= _MAX_TEXT)
    }
    return dict(list(entries.items())[:_MAX_SUMMARY])


def _default_folder() -> Path:
    chosen = os.environ.get("WANDB_NB_DATA_DIR")
    return Path(chosen) if chosen else user_folder("wandb-nb") or _private_temporary_folder()


def user_folder(name: str) -> Path | None:
    """Return the folder of the program *name* in this user's data directory; None without a home directory."""
    if sys.platform == "linux":  # what platformdirs says there, without the milliseconds of its import
        home = os.environ.get("XDG_DATA_HOME", "")
        with suppress(RuntimeError):  # no home directory
            return (Path(home) if home.strip() else Path.home() / ".local" / "share") / name
    from platformdirs import user_data_dir

    with suppress(RuntimeError):
        return Path(user_data_dir(name))
    return None


def _private_temporary_folder() -> Path:
    """Return a folder of this user in the system's folder of temporary files, which no other user can write to."""
    import tempfile  # only where there is no home directory

    folder = Path(tempfile.gettempdir(), f"wandb-nb-{os.getuid()}")
    with suppress(OSError):
        folder.mkdir(mode=0o700)
    is_own = not folder.is_symlink() and folder.is_dir() and folder.stat().st_uid == os.getuid()
    return folder if is_own else Path(os.devnull, "no data directory")
