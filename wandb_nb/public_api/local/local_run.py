"""A run on this machine, read and changed for the public API."""

from __future__ import annotations

import getpass
import mimetypes
import shutil
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wandb_nb.artifacts.store.stored_version import LineageRun
from wandb_nb.atomic_file import replacement
from wandb_nb.errors import StoreError, UsageError
from wandb_nb.public_api.local.local_artifacts import LocalArtifacts
from wandb_nb.public_api.local.local_facts import read_facts
from wandb_nb.public_api.local.local_rows import read_rows, read_system_rows, selected
from wandb_nb.public_api.run_storage import STEP, FileAttributes, RunAttributes, RunValuesRead
from wandb_nb.run_filters.run_values import timestamp
from wandb_nb.run_names import LOCAL_ENTITY
from wandb_nb.store.format import records
from wandb_nb.store.format.json_value import to_json
from wandb_nb.store.format.layout import FILES, RunDir
from wandb_nb.store.runs import removal
from wandb_nb.store.runs.appended_file import opened_for_appending
from wandb_nb.store.runs.registry import Registry
from wandb_nb.store.runs.run_chain import parts
from wandb_nb.store.runs.run_list import state_of
from wandb_nb.store.writing.owner_lock import owner_alive
from wandb_nb.untrusted_file import is_folder, open_file
from wandb_nb.values import evenly_sampled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from wandb_nb.public_api.run_storage import Row, RunChanges, Stream
    from wandb_nb.store.format.records import Key
    from wandb_nb.store.runs.registry import RunEntry


class LocalRun:
    """The run of a registry entry. Files are read at each call; nothing is locked while reading."""

    def __init__(self, entry: RunEntry) -> None:
        self._entry = entry
        self._folder = Path(entry.path)

    def attributes(self) -> RunAttributes:
        """Return the run's own values, from its records and the registry."""
        entry = self._entry = Registry().latest_version(self._entry)
        facts = read_facts(entry)
        return RunAttributes(
            id=entry.id,
            entity=entry.entity or LOCAL_ENTITY,
            project=entry.project,
            name=facts.name or entry.name,
            state=state_of(entry),
            notes=facts.notes or None,
            group=facts.group or None,
            job_type=facts.job_type or None,
            tags=facts.tags,
            created_at=timestamp(entry.created),
            heartbeat_at=timestamp(entry.ended or entry.created + facts.runtime),
            user=getpass.getuser(),
            host=facts.host,
            sweep=facts.sweep or None,
            commit=facts.git_commit or None,
            storage_id=entry.key,
            exit_code=facts.exit_code,
        )

    def values(self) -> RunValuesRead:
        """Return config, summary and system metrics."""
        facts = read_facts(self._entry)
        step = facts.summary.get(STEP)
        return RunValuesRead(
            config=facts.config,
            summary=facts.summary,
            system_metrics={f"system.{name}": value for name, value in facts.stats.items()},
            wandb_config=facts.config_wandb,
            last_step=step if isinstance(step, int) else -1,
        )

    def rows(self, keys: Sequence[str], min_step: int, max_step: int | None, page_size: int) -> Iterator[Row]:  # noqa: ARG002 -- pages are a server's
        """Yield rows as `RunStorage.rows` says."""
        return selected(read_rows(self._folder), keys, min_step, max_step)

    def sample(self, samples: int, keys: Sequence[str], x_axis: str, stream: Stream) -> list[Row]:
        """Return rows as `RunStorage.sample` says."""
        if stream == "system":
            return evenly_sampled(read_system_rows(self._folder), samples)
        wanted = list(dict.fromkeys((x_axis, *keys))) if keys else ()
        return evenly_sampled(list(self.rows(wanted, 0, None, 0)), samples)

    def files(self, names: Sequence[str], pattern: str | None) -> Iterator[FileAttributes]:
        """Yield the files of the run's directories, by name; the newest directory counts."""
        paths: dict[str, Path] = {}
        for part in parts(self._folder):
            paths |= _files_below(part.folder / FILES)
        for name in sorted(paths):
            if (not names or name in names) and (pattern is None or _is_like(name, pattern)):
                yield _file_attributes(name, paths[name])

    def download(self, file: FileAttributes, target: Path) -> None:
        """Copy the content of *file* to *target*."""
        source = self._path(file.name)
        below = source.parents[file.name.count("/")]
        try:
            with open_file(source, below=below) as content, replacement(target) as new, new.open("wb") as copy:
                shutil.copyfileobj(content, copy)
        except OSError as error:
            raise StoreError(f"{file.name} cannot be copied to {target}: {error.strerror or error}") from error

    def upload(self, path: Path, name: str) -> None:
        """Copy the file at *path* into the run's files."""
        self._refuse_while_written()
        target = self._folder / FILES / name
        target.parent.mkdir(parents=True, exist_ok=True)
        with path.open("rb") as content, replacement(target) as new, new.open("wb") as copy:
            shutil.copyfileobj(content, copy)
        with opened_for_appending(self._folder) as run_file:
            run_file.append(records.files([(name, "now", "other")]))

    def delete_file(self, name: str) -> None:
        """Delete the file *name* from the run's files."""
        self._refuse_while_written()
        self._path(name).unlink()

    def save(self, changes: RunChanges) -> None:
        """Append records with *changes* to the run file, so that every reader and a later sync get them."""
        self._refuse_while_written()
        bodies = list(_change_records(self._entry, changes))
        with opened_for_appending(self._folder) as run_file:
            run_file.append(*bodies)
        summary = {**self._entry.summary, **(changes.summary or {})}
        summary = {key: value for key, value in summary.items() if key not in changes.removed_summary}
        name, group = changes.name or self._entry.name, self._entry.group if changes.group is None else changes.group
        self._entry = Registry().update(self._entry, name=name, group=group, summary=summary)

    def delete(self) -> None:
        """Delete the directories of the run; no later run of its project can have its id."""
        registry = Registry()
        removal.delete(registry, removal.directories(registry, self._entry))

    def stop(self) -> None:
        """Leave the mark that the run's process looks for."""
        directory = RunDir.open(self._folder)
        if owner_alive(directory.path) is not False:
            directory.stop_file.parent.mkdir(parents=True, exist_ok=True)
            directory.stop_file.touch()

    @property
    def artifact_catalog(self) -> LocalArtifacts:
        """The artifacts of this machine."""
        return LocalArtifacts()

    def lineage_run(self) -> LineageRun:
        """Return the run as lineage names it."""
        entry = self._entry
        return LineageRun(entry.id, entry.project, entry.entity, entry.name, entry.path)

    def _path(self, name: str) -> Path:
        """Return the path of the run's file *name*."""
        for part in reversed(parts(self._folder)):
            if path := _files_below(part.folder / FILES).get(name):
                return path
        raise UsageError(f"run {self._entry.id} has no file {name!r}: run.files() lists its files")

    def _refuse_while_written(self) -> None:
        if owner_alive(self._folder) is not False:
            raise UsageError(f"run {self._entry.id} is still being written by a living process: change it there")


def _files_below(folder: Path) -> dict[str, Path]:
    """Return the regular files below *folder* by name; links are left out, since a run can come from anybody."""
    if not is_folder(folder):
        return {}
    paths = (path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    return {path.relative_to(folder).as_posix(): path for path in paths}


def _file_attributes(name: str, path: Path) -> FileAttributes:
    status = path.stat()
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return FileAttributes(name, status.st_size, kind, timestamp(status.st_mtime), path.as_uri())


def _is_like(name: str, pattern: str) -> bool:
    """Return whether *name* matches a pattern of SQL's LIKE."""
    escaped = "".join(f"[{letter}]" if letter in "*?[" else letter for letter in pattern)
    return fnmatchcase(name.lower(), escaped.replace("%", "*").replace("_", "?").lower())


def _change_records(entry: RunEntry, changes: RunChanges) -> Iterator[bytes]:
    """Yield the records that make *changes* to the run of *entry*."""
    if changes.config or changes.removed_config:
        yield records.config(_json_values(changes.config), changes.removed_config)
    if changes.summary or changes.removed_summary:
        yield records.summary(_json_values(changes.summary), changes.removed_summary)
    if any(value is not None for value in (changes.name, changes.notes, changes.tags, changes.group)):
        facts = read_facts(entry)
        yield records.run(
            entry.id,
            project=entry.project,
            entity=entry.entity,
            group=facts.group if changes.group is None else changes.group,
            job_type=facts.job_type,
            name=changes.name or facts.name,
            notes=facts.notes if changes.notes is None else changes.notes,
            tags=facts.tags if changes.tags is None else changes.tags,
            sweep_id=facts.sweep,
            host=facts.host,
            starting_step=facts.starting_step,
            start_time=facts.start_time or 0.0,
            git_remote=facts.git_remote,
            git_commit=facts.git_commit,
        )


def _json_values(values: dict[str, Any] | None) -> dict[Key, str]:
    return {key: to_json(value, key) for key, value in (values or {}).items()}
