"""Reads saved notebooks of any version with nbformat. They may be damaged, or made to do harm.

A notebook is upgraded to nbformat's current version. What nbformat cannot read is reported as a problem; what it can
read but calls invalid is returned with one. Size, depth and time are bounded.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from wandb_nb.formatting import clean, size
from wandb_nb.untrusted_json import parse_object

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from nbformat import NotebookNode

MAX_NOTEBOOK_BYTES = 64 << 20
"""A session notebook is smaller: its outputs are limited to half of this."""
_MAX_PROBLEM = 200  # characters
_MAJOR, _MINOR = 4, 5
_CELL_ID = re.compile(r"[a-zA-Z0-9_-]{1,64}\Z")


@dataclass(frozen=True)
class NotebookCell:
    """A cell of a saved notebook, of *kind* "code", "markdown" or "raw"; *number* is the count of its execution.

    *facts* are those that a session notebook records: `started`, `seconds`, `ok` and `error`.
    """

    kind: str
    number: int | None
    source: str
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class SavedNotebook:
    """The cells of a notebook, as far as they can be read; *problem* is one phrase on what is wrong, or empty."""

    cells: tuple[NotebookCell, ...]
    problem: str = ""


def read_notebook(text: str) -> SavedNotebook:
    """Return the cells of the notebook that *text* holds. Never raises."""
    try:
        notebook = parse_notebook(text)
    except ValueError as error:
        return SavedNotebook((), str(error))
    return SavedNotebook(tuple(_cells(notebook)), _invalid_part(notebook))


def parse_notebook(text: str) -> NotebookNode:
    """Return the notebook that *text* holds, upgraded to nbformat's current version, each cell with an id of its own.

    Ids that a notebook lacks are those of the cells' positions, so they are the same each time.

    Raises:
        ValueError: It is not a notebook, or is too large; the message is a phrase that says which.
    """
    if len(text) > MAX_NOTEBOOK_BYTES:
        raise ValueError(f"larger than {size(MAX_NOTEBOOK_BYTES)}")
    content = parse_object(text)
    if "nbformat" not in content:
        raise ValueError("not a notebook (it names no nbformat)")
    try:
        notebook: NotebookNode = _upgrade(content)
    except Exception as error:
        lacks_part = isinstance(error, (AttributeError, KeyError))
        reason = f"a part is missing: {error}" if lacks_part else f"{type(error).__name__}: {error}"
        raise ValueError(f"not a notebook that nbformat can read ({clean(reason, _MAX_PROBLEM)})") from error
    return notebook


def _upgrade(content: dict[str, Any]) -> Any:
    import nbformat  # takes long to load, and only where a notebook is read

    major, minor = int(content["nbformat"]), int(content.get("nbformat_minor", 0))
    if major not in nbformat.versions:
        raise ValueError(f"format {major} is unknown")
    minor = min(max(minor, 0), _MINOR + 1) if major == _MAJOR else 0  # nbformat caches a schema per minor version
    content["nbformat_minor"] = minor
    notebook = nbformat.versions[major].to_notebook_json(content, minor=minor)
    notebook = nbformat.convert(notebook, _MAJOR)  # type: ignore[no-untyped-call]  # nbformat has no types
    if notebook.nbformat_minor < _MINOR:
        notebook = nbformat.v4.upgrade(notebook)  # type: ignore[no-untyped-call]  # as above
    if (major, minor) < (_MAJOR, _MINOR):
        for cell in notebook.cells:
            cell["id"] = ""  # those of nbformat are random
    assign_ids(notebook.cells)
    return notebook


def assign_ids(cells: Iterable[dict[str, Any]]) -> None:
    """Give the id of its position to each cell without an id, with an impossible one, or with that of another cell."""
    used: set[str] = set()
    for position, cell in enumerate(cells, 1):
        cell_id = cell.get("id")
        if not isinstance(cell_id, str) or not _CELL_ID.match(cell_id) or cell_id in used:
            cell_id = f"cell-{position}"
            while cell_id in used:
                cell_id += "-"
        used.add(cell_id)
        cell["id"] = cell_id


def _invalid_part(notebook: NotebookNode) -> str:
    """Return what nbformat's schema has against *notebook*; empty if it is valid."""
    from nbformat.validator import get_validator

    try:
        validator = get_validator(_MAJOR, notebook.nbformat_minor)  # type: ignore[no-untyped-call]  # nbformat has no types
        validator.validate(notebook)
    except Exception as error:  # noqa: BLE001 -- a ValidationError; a crafted notebook may lead to others
        reason = str(getattr(error, "message", error)).removeprefix("data.")
        return f"not valid ({clean(reason, _MAX_PROBLEM)})"
    return ""


def _cells(notebook: NotebookNode) -> Iterator[NotebookCell]:
    """Yield the cells; parts of other types than a cell's are left out."""
    for cell in notebook.cells:
        number, source = cell.get("execution_count"), cell.get("source")
        metadata = cell.get("metadata")
        facts = metadata.get("wandb_nb") if isinstance(metadata, dict) else None
        yield NotebookCell(
            str(cell.get("cell_type", "code")),
            number if isinstance(number, int) and not isinstance(number, bool) else None,
            source if isinstance(source, str) else "",
            dict(facts) if isinstance(facts, dict) else {},
        )
