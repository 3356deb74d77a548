"""Inputs of a comparison from run directories, and cells from saved notebooks."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from wandb_nb.capture.cells.session_notebook import HISTORY
from wandb_nb.capture.code.requirements import normalized
from wandb_nb.compare.comparison_input import ComparisonInput
from wandb_nb.store.reading.executed_cells import FILE, Cell, read_cells
from wandb_nb.untrusted_file import read_file
from wandb_nb.view.message.run_stream import RunStream

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

REQUIREMENTS, CHANGES = "requirements.txt", "diff.patch"
CODE = "code"
MAX_FILE_BYTES, MAX_PATCH_BYTES, MAX_FILES = 1 << 20, 16 << 20, 200
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
    return ComparisonInput(
        message=stream.message(),
        cells=_session_cells(stream.directory),
        files=_sources(files),
        git=git_summary(state.git_commit, state.git_remote, _read_text(files, files / CHANGES, MAX_PATCH_BYTES)),
        packages=parse_requirements(_read_text(files, files / REQUIREMENTS)),
    )


def _session_cells(directory: Path) -> list[Cell]:
    """Return the cells of the run's session, from its journal or else from its saved notebook."""
    journal = read_cells(directory / FILE)
    if journal:
        return journal
    files = directory / "files"
    saved = [files / HISTORY, *sorted((files / CODE).rglob("*.ipynb"))]
    return next((cells for path in saved if (cells := notebook_cells(_read_text(files, path)))), [])


def notebook_cells(text: str) -> list[Cell]:
    """Return the code cells of a notebook's JSON *text*, in its order; none if it is not a notebook."""
    try:
        cells = json.loads(text)["cells"]
        return [
            Cell(cell.get("execution_count") or at, "".join(cell["source"]), _started(cell))
            for at, cell in enumerate(cells, 1)
            if cell["cell_type"] == "code"
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return []


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


def _started(cell: Mapping[str, Any]) -> float | None:
    started = cell.get("metadata", {}).get("wandb_nb", {}).get("started")
    return float(started) if isinstance(started, (int, float)) else None


def _read_text(files: Path, path: Path, max_bytes: int = MAX_FILE_BYTES) -> str:
    """Return the text of a file below the folder *files* of a run; empty if it is missing, too large or a link."""
    try:
        return read_file(path, max_bytes, below=files.parent).decode("utf-8", "replace")
    except OSError:
        return ""
