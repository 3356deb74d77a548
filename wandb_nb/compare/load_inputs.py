"""Inputs of a comparison from run directories, and cells from saved notebooks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from wandb_nb.capture.cells.saved_notebook import read_notebook
from wandb_nb.capture.cells.session_notebook import HISTORY
from wandb_nb.capture.code.requirements import normalized
from wandb_nb.compare.comparison_input import ComparisonInput
from wandb_nb.store.reading.executed_cells import FILE, Cell, read_cells
from wandb_nb.untrusted_file import read_file
from wandb_nb.values import is_finite
from wandb_nb.view.message.run_stream import RunStream
from wandb_nb.view.previews.saved_media import SavedMedia

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from pathlib import Path

    from wandb_nb.capture.cells.saved_notebook import NotebookCell, SavedNotebook

REQUIREMENTS, CHANGES = "requirements.txt", "diff.patch"
CODE = "code"
MAX_FILE_BYTES, MAX_PATCH_BYTES, MAX_FILES = 1 << 20, 16 << 20, 200
MAX_NOTEBOOK_BYTES, MAX_NOTEBOOKS = 8 << 20, 10  # with outputs, which are not compared
_PATCH = re.compile(r"^diff --git ", re.MULTILINE)


def load(path: Path) -> ComparisonInput:
    """Return the run at *path*, a run directory or its run file, as far as it is written; other files may be missing.

    Raises:
        StoreError: The run file cannot be read.

    """
    stream = RunStream(path)
    while stream.advance():
        pass
    return input_from_stream(stream)


def input_from_stream(stream: RunStream) -> ComparisonInput:
    """Return the run of *stream*, as far as it has been read."""
    files = stream.directory / "files"
    state = stream.state
    cells, problems = _session_cells(stream.directory)
    return ComparisonInput(
        message=stream.message(),
        cells=cells,
        problems=problems,
        files=_sources(files),
        git=git_summary(state.git_commit, state.git_remote, _read_text(files, files / CHANGES, MAX_PATCH_BYTES)),
        packages=parse_requirements(_read_text(files, files / REQUIREMENTS)),
        media=SavedMedia.of(stream.open_media, "newest"),
    )


def _session_cells(directory: Path) -> tuple[list[Cell], list[str]]:
    """Return the cells of the run's session, from its journal or else from its saved notebook, and what is wrong."""
    journal = read_cells(directory / FILE)
    if journal:
        return journal, []
    files = directory / "files"
    saved = {path.relative_to(files).as_posix(): path for path in (files / CODE).rglob("*.ipynb")}
    return first_session(saved, lambda name: read_file(saved[name], MAX_NOTEBOOK_BYTES, below=directory))


def first_session(names: Iterable[str], read: Callable[[str], bytes]) -> tuple[list[Cell], list[str]]:
    """Return the cells of one of the notebooks *names*, and one sentence for each that is broken.

    It is the session's, or else the first by name that has cells. *read* returns the content of a notebook or raises
    OSError.
    """
    problems = []
    for name in sorted(names, key=lambda name: (name != HISTORY, name))[:MAX_NOTEBOOKS]:
        try:
            notebook = read_notebook(read(name).decode("utf-8", "replace"))
        except OSError as error:
            problems.append(f"{name} cannot be read: {error.strerror}")
            continue
        if notebook.problem:
            problems.append(f"{name} is {notebook.problem}")
        if cells := notebook_cells(notebook):
            return cells, problems
    return [], problems


def notebook_cells(notebook: SavedNotebook) -> list[Cell]:
    """Return the code cells of *notebook* in its order, those without a number by their position."""
    return [
        Cell(cell.number or position, cell.source, _started(cell))
        for position, cell in enumerate(notebook.cells, 1)
        if cell.kind == "code"
    ]


def git_summary(commit: str, remote: str, patch: str) -> dict[str, str]:
    """Return commit, remote and the number of uncommitted changed lines of a work tree."""
    lines = [line for part in file_patches(patch).values() for line in part.splitlines()]
    changed = sum(line[:1] in ("+", "-") and line[:3] not in ("+++", "---") for line in lines)
    entries = {"commit": commit, "remote": remote, "uncommitted": f"{changed} changed lines" if changed else ""}
    return {name: value for name, value in entries.items() if value}


def file_patches(patch: str) -> dict[str, str]:
    """Return the parts of *patch* by file path, without notebooks, whose diffs are mostly outputs."""
    parts = {}
    for part in _PATCH.split(patch)[1:]:
        head, _, body = part.partition("\n")
        path = head.rpartition(" b/")[2].strip('"')
        if path and not path.endswith(".ipynb"):
            parts[path] = body
    return parts


def uncommitted_files(patch: str) -> dict[str, str]:
    """Return the parts of *patch* as files to compare, named after the changed files."""
    return {f"{path} (uncommitted)": part for path, part in file_patches(patch).items()}


def parse_requirements(text: str) -> dict[str, str]:
    """Return name (normalized) and version from each line `name==version` of a requirements file."""
    pairs = (line.strip().partition("==") for line in text.splitlines())
    return {normalized(name): version for name, sign, version in pairs if name and sign}


def _sources(files: Path) -> Mapping[str, str]:
    """Return saved scripts and uncommitted changes; notebooks are compared by their cells."""
    scripts = [path for path in sorted((files / CODE).rglob("*")) if path.suffix != ".ipynb" and path.is_file()]
    texts = {path.relative_to(files / CODE).as_posix(): _read_text(files, path) for path in scripts[:MAX_FILES]}
    return {**texts, **uncommitted_files(_read_text(files, files / CHANGES, MAX_PATCH_BYTES))}


def _started(cell: NotebookCell) -> float | None:
    started = cell.facts.get("started")
    return float(started) if is_finite(started) else None


def _read_text(files: Path, path: Path, max_bytes: int = MAX_FILE_BYTES) -> str:
    """Return the text of a file below the folder *files* of a run; empty if it is missing, too large or a link."""
    try:
        return read_file(path, max_bytes, below=files.parent).decode("utf-8", "replace")
    except OSError:
        return ""
