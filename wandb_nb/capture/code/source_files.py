"""The program's source files, copied into the run's files without their secrets."""

from __future__ import annotations

import os
from fnmatch import fnmatch
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, NamedTuple

from wandb_nb.surroundings import main_file, working_directory

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from wandb_nb.capture.code.git import GitState

    Choice = Iterable[str] | Callable[[str], bool]

FOLDER = "code"
INCLUDED = ("*.py", "*.ipynb")
MAX_BYTES = 10 << 20
"""Larger files are data, whatever their names."""

# Folders that hold other people's code, or runs.
_SKIPPED_FOLDERS = frozenset(("wandb", ".wandb", "node_modules", "__pycache__", "site-packages", "venv", "env"))


class SourceFile(NamedTuple):
    """The text of a file, and its path below the code folder."""

    relative: PurePosixPath
    text: str


def script_path(git: GitState | None) -> tuple[Path, PurePosixPath] | None:
    """Return the main file and its path relative to the repository, or to the working directory, or its name.

    None without a main file, as in a notebook and at a prompt.
    """
    main = main_file()
    path = working_directory() / main if main else None
    if path is None or not path.is_file():
        return None
    for top in (git.root if git else None, working_directory()):
        if top is not None and top in path.parents:
            return path, PurePosixPath(path.relative_to(top).as_posix())
    return path, PurePosixPath(path.name)


def code_facts(git: GitState | None) -> dict[str, Any]:
    """Return main file and Git state by the names of `wandb-metadata.json`."""
    facts: dict[str, Any] = {}
    if script := script_path(git):
        facts |= {"codePath": str(script[1]), "codePathLocal": script[0].name}
    if git:
        state = {"remote": git.remote, "commit": git.commit, "branch": git.branch}
        facts["git"] = {name: value for name, value in state.items() if value}
    return {name: value for name, value in facts.items() if value}


def read_source(path: Path, relative: PurePosixPath) -> SourceFile:
    """Return the file *path* as it is now, which is called *relative* in a run.

    Raises:
        OSError: It cannot be read.
    """
    # Any bytes are written back unchanged.
    return SourceFile(relative, path.read_bytes().decode("utf-8", "surrogateescape"))


def save_tree(
    files: Path,
    root: Path,
    redact: Callable[[str], str],
    include: Choice = INCLUDED,
    exclude: Choice = (),
) -> list[str]:
    """Copy the source files below *root* to *files*`/code/`; return their paths below *files*, sorted.

    *include* and *exclude* are patterns for the path relative to *root* or for the file name, or functions of that
    path. Hidden folders, environments, run folders and files above 10 MB are left out, and links are not followed.

    Raises:
        OSError: *root* is not a folder, or a file cannot be written.
    """
    if not root.is_dir():
        raise NotADirectoryError(f"{root} is not a folder")
    selected = [
        relative for relative in _source_files(root) if _chosen(relative, include) and not _chosen(relative, exclude)
    ]
    return [write(read_source(root / relative, relative), files, redact) for relative in sorted(selected)]


def _source_files(root: Path) -> Iterator[PurePosixPath]:
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in _SKIPPED_FOLDERS and not name.startswith(".")]
        for name in names:
            path = Path(folder, name)
            if path.is_file() and not path.is_symlink() and path.stat().st_size <= MAX_BYTES:
                yield PurePosixPath(path.relative_to(root).as_posix())


def _chosen(relative: PurePosixPath, choice: Choice) -> bool:
    if callable(choice):
        return bool(choice(str(relative)))
    return any(fnmatch(text, pattern) for pattern in choice for text in (str(relative), relative.name))


def write(source: SourceFile, files: Path, redact: Callable[[str], str]) -> str:
    """Write *source* below *files*`/code/` and return its path below *files*.

    Raises:
        OSError: It cannot be written.
    """
    target = files / FOLDER / source.relative
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(redact(source.text).encode("utf-8", "surrogateescape"))
    return f"{FOLDER}/{source.relative}"
