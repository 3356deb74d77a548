"""Subjects from run directories, and cells from saved notebooks."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from wandb_nb.capture.cells.session_notebook import HISTORY
from wandb_nb.compare.comparison_input import ComparisonInput
from wandb_nb.store.reading.executed_cells import FILE, Cell, read_cells
from wandb_nb.view.message.run_stream import RunStream

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

REQUIREMENTS, CHANGES = "requirements.txt", "diff.patch"
CODE = "code"
LARGEST_FILE, LARGEST_PATCH, MOST_FILES = 1 << 20, 16 << 20, 200
_PATCH = re.compile(r"^diff --git ", re.MULTILINE)


def load(path: Path) -> ComparisonInput:
    """Return the run at *path*, a run directory or its run file, as far as it goes.

    Raises StoreError when the run file cannot be read; what else is missing is left out.
    """
    stream = RunStream(path)
    while stream.advance():
        pass
    return of_stream(stream)


def of_stream(stream: RunStream) -> ComparisonInput:
    """Return the run that *stream* follows, as far as it has been read."""
    files = stream.directory / "files"
    state = stream.state
    return ComparisonInput(
        message=stream.message(),
        cells=cells_of(stream.directory),
        files=_sources(files),
        git=git_facts(state.git_commit, state.git_remote, _text(files / CHANGES, LARGEST_PATCH)),
        packages=packages(_text(files / REQUIREMENTS)),
    )


def cells_of(directory: Path) -> list[Cell]:
    """Return the cells of the run's session; of its saved notebook where it has no journal."""
    journal = read_cells(directory / FILE)
    if journal:
        return journal
    saved = [directory / "files" / HISTORY, *sorted((directory / "files" / CODE).rglob("*.ipynb"))]
    return next((cells for path in saved if (cells := cells_of_notebook(_text(path)))), [])


def cells_of_notebook(text: str) -> list[Cell]:
    """Return the code cells of a notebook's JSON *text*, in its order; empty for what is no notebook."""
    try:
        found = json.loads(text)["cells"]
        return [
            Cell(cell.get("execution_count") or at, "".join(cell["source"]), _started(cell))
            for at, cell in enumerate(found, 1)
            if cell["cell_type"] == "code"
        ]
    except (ValueError, KeyError, TypeError, AttributeError):
        return []


def git_facts(commit: str, remote: str, patch: str) -> dict[str, str]:
    """Return what is told of a work tree: commit, remote, and how many lines were changed but not committed."""
    lines = [line for part in patches(patch).values() for line in part.splitlines()]
    changed = sum(line[:1] in ("+", "-") and line[:3] not in ("+++", "---") for line in lines)
    facts = {"commit": commit, "remote": remote, "uncommitted": f"{changed} changed lines" if changed else ""}
    return {name: value for name, value in facts.items() if value}


def patches(patch: str) -> dict[str, str]:
    """Return each file's part of a *patch* by the file's path, without notebooks, which are full of outputs."""
    parts = {}
    for part in _PATCH.split(patch)[1:]:
        head, _, body = part.partition("\n")
        path = head.rpartition(" b/")[2].strip('"')
        if path and not path.endswith(".ipynb"):
            parts[path] = body
    return parts


def uncommitted(patch: str) -> dict[str, str]:
    """Return each file's part of *patch* as a file to compare, called after it."""
    return {f"{path} (uncommitted)": part for path, part in patches(patch).items()}


def packages(text: str) -> dict[str, str]:
    """Return name and version of each line `name==version` of a requirements file."""
    pairs = (line.strip().partition("==") for line in text.splitlines())
    return {name: version for name, sign, version in pairs if name and sign}


def _sources(files: Path) -> Mapping[str, str]:
    """Return the saved scripts, and the changes that were not committed; notebooks are compared by their cells."""
    found = [path for path in sorted((files / CODE).rglob("*")) if path.suffix != ".ipynb" and path.is_file()]
    kept = {path.relative_to(files / CODE).as_posix(): _text(path) for path in found[:MOST_FILES]}
    return {**kept, **uncommitted(_text(files / CHANGES, LARGEST_PATCH))}


def _started(cell: Mapping[str, Any]) -> float | None:
    told = cell.get("metadata", {}).get("wandb_nb", {}).get("started")
    return float(told) if isinstance(told, (int, float)) else None


def _text(path: Path, largest: int = LARGEST_FILE) -> str:
    try:
        return path.read_text("utf-8", "replace") if path.stat().st_size <= largest else ""
    except OSError:  # not saved, or taken away meanwhile
        return ""
