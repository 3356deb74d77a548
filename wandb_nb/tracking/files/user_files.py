"""Files that the user adds to a run: copied or linked into its folder, and named in the run file."""

from __future__ import annotations

import os
import shutil
from glob import escape, glob
from pathlib import Path, PurePath
from typing import TYPE_CHECKING

from wandb_nb.atomic_file import replacement
from wandb_nb.errors import UsageError
from wandb_nb.store.format import records
from wandb_nb.store.runs.registry import Registry
from wandb_nb.store.runs.saved_links import record_link
from wandb_nb.surroundings import working_directory
from wandb_nb.tracking.files.metadata_files import CHANGES, CONFIG, METADATA, REQUIREMENTS, SUMMARY
from wandb_nb.tracking.run_view import session_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from io import TextIOWrapper

    from wandb_nb.tracking.run_view import RunView
    from wandb_nb.tracking.session.run_directory import RunDirectory
    from wandb_nb.tracking.session.run_session import RunSession

OWN_FILES = frozenset((CONFIG, SUMMARY, METADATA, REQUIREMENTS, CHANGES, "output.log"))
"""Files that the run writes itself; a file of the user under such a name would be overwritten."""
MAX_COPY_BYTES = 1 << 30
"""Linked files up to this size are copied at the end; larger ones stay links."""
_REMOTE = ("gs://", "s3://", "http://", "https://")


def save(
    session: RunSession,
    path: str | os.PathLike[str],
    base: str | os.PathLike[str] | None,
    policy: str,
    *,
    is_pattern: bool,
) -> list[str]:
    """Carry out `Run.save`. A file that cannot be read or written is reported and left out."""
    session.expect_running("save()")
    session.features.add("save")
    if session.directory is None:
        return []
    pattern = os.fspath(path) if is_pattern else escape(os.fspath(path))
    return _save(session.directory, session.notice, pattern, base, policy)


def _save(
    directory: RunDirectory,
    notice: Callable[[str], None],
    text: str,
    base: str | os.PathLike[str] | None,
    policy: str,
) -> list[str]:
    if policy not in records.POLICIES:
        raise UsageError(f"save(policy={policy!r}) is not possible: give 'now', 'live' or 'end'")
    if not text or "\0" in text:
        raise UsageError(f"save({text!r}) does not name a file: give a path or a pattern such as 'models/*.pt'")
    if text.startswith(_REMOTE):
        notice(f"save() accepts only files of this machine; {text} was not saved")
        return []
    matches = _matches(text, _top(text, base), directory)
    saved = {
        name: path for name, source in matches.items() if (path := _add_file(directory, name, source, policy, notice))
    }
    if not matches:
        notice(f"save({text!r}) matches no file; call it again once the files exist")
    if saved:
        directory.writer.append(records.files([(escape(name), policy, "other") for name in saved]))
    return list(saved.values())


def restore(
    run: RunView,
    name: str,
    run_path: str | None,
    replace: bool,
    root: str | os.PathLike[str] | None,
) -> TextIOWrapper | None:
    """Carry out `Run.restore`."""
    directory = session_of(run).directory
    if directory is None:
        return None
    name = inside(name, f"restore({name!r})")
    target = (Path(root) if root is not None else directory.files) / name
    if replace or not target.is_file():
        entity, project, run_id = _named(run, run_path)
        local = _on_this_machine(run_id, project, name, but=target)
        if local is not None:
            target.parent.mkdir(parents=True, exist_ok=True)
            _copy(local, target)
        elif run.offline or not _from_server(run, (entity, project, run_id), name, target):
            return None
    return target.open(encoding="utf-8", errors="surrogateescape")


def _named(run: RunView, run_path: str | None) -> tuple[str | None, str | None, str]:
    """Return entity, project and id of the run *run_path*, or of *run*."""
    if run_path is None:
        return run.entity, run.project, run.id
    *where, run_id = run_path.strip("/").split("/")
    entity, project = [None, None, *where][-2:]
    return entity, project, run_id


def _on_this_machine(run_id: str, project: str | None, name: str, but: Path) -> Path | None:
    for entry in Registry().find(run_id):
        path = Path(entry.path) / "files" / name
        if project in (None, entry.project) and path.is_file() and path.resolve() != but.resolve():
            return path
    return None


def _from_server(run: RunView, where: tuple[str | None, str | None, str], name: str, target: Path) -> bool:
    from wandb_nb.tracking.online.server_lookup import ServerLookup  # few runs need it

    return ServerLookup(run.settings, print).fetch(where, name, target.absolute())


def copy_linked(directory: RunDirectory) -> None:
    """Replace the links that `save` made by copies of the files; a missing or large file stays a link."""
    for path in directory.linked_files:
        try:
            if path.is_symlink() and path.stat().st_size <= MAX_COPY_BYTES:
                _copy(path, path)
        except OSError:  # noqa: PERF203 -- one file must not cost the others; its link remains
            continue


def inside(name: str, what: str) -> str:
    """Return the path *name*, which must stay inside the folder that it is relative to; *what* names the call.

    Raises:
        UsageError: It leads out of the folder.

    """
    parts = PurePath(name).parts
    if not parts or "\0" in name or PurePath(name).is_absolute() or ".." in parts:
        raise UsageError(f"{what} is not possible: {name!r} must be a path below the folder of files")
    return name


def _top(text: str, base: str | os.PathLike[str] | None) -> Path:
    """Return the folder that the files' names in the run are relative to."""
    if base is not None:
        return Path(base).resolve()
    return Path(text).parent.parent.resolve() if Path(text).is_absolute() else working_directory()


def _matches(text: str, top: Path, directory: RunDirectory) -> dict[str, Path]:
    """Return name and path of each file that *text* matches; a folder stands for the files in it."""
    hits = [text] if os.path.lexists(text) else sorted(glob(text, recursive=True))  # noqa: PTH207 -- keeps the spelling
    workspace, own = directory.path.parent.resolve(), directory.files.resolve()
    matches: dict[str, Path] = {}
    for hit in hits:
        for path in _files(Path(hit), workspace):
            below = own if own in path.parents else top
            if below not in path.parents:
                raise UsageError(
                    f"save({text!r}) would save {path}, which is outside {top}: give base_path, a folder above the file"
                )
            matches[path.relative_to(below).as_posix()] = path
    return matches


def _files(hit: Path, workspace: Path) -> Iterator[Path]:
    """Yield *hit*, its folder resolved, or the files below it except those of runs."""
    if not hit.is_dir():
        yield hit.parent.resolve() / hit.name
        return
    for folder, inner, names in os.walk(hit.resolve()):
        inner[:] = sorted(name for name in inner if Path(folder, name) != workspace)
        yield from (Path(folder, name) for name in sorted(names))


def _add_file(
    directory: RunDirectory, name: str, source: Path, policy: str, notice: Callable[[str], None]
) -> str | None:
    """Add *source* to the run as *name* and return its path; None where that failed, which *notice* reports."""
    target = directory.files / name
    try:
        if source == target.parent.resolve() / target.name:
            return str(target)
        why = _obstacle(name, source)
        if not why:
            target.parent.mkdir(parents=True, exist_ok=True)
            if policy != "now" and _link(directory.path, name, source, target):
                directory.linked_files.add(target)
            else:
                _copy(source, target)
    except OSError as error:
        why = str(error)
    if why:
        notice(f"{str(source)!r} was not saved: {why}")
        return None
    return str(target)


def _obstacle(name: str, source: Path) -> str:
    """Return why the file *source* cannot be saved as *name*; empty where it can."""
    if not source.is_file():
        return "it is not a file"
    if any("\ud800" <= letter <= "\udfff" for letter in name):  # stands for an undecodable byte
        return "its name is not UTF-8"
    if name in OWN_FILES:
        return "the run writes a file of that name itself; give base_path so that it is in a folder"
    return ""


def _link(directory: Path, name: str, source: Path, target: Path) -> bool:
    """Make *target* a link to *source* and record it; False if that is impossible here."""
    try:
        record_link(directory, name, source)
        with replacement(target) as unfinished:
            unfinished.symlink_to(source)
    except OSError:
        return False
    return True


def _copy(source: Path, target: Path) -> None:
    """Copy *source*, whole or not at all, with its time of change: a copy of what was sent is not sent again."""
    with replacement(target) as unfinished:
        shutil.copyfile(source, unfinished)
        shutil.copystat(source, unfinished)
