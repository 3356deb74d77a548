"""The remarks on repeating a run, which its writer stores when it ends, so that views need not look for them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from wandb_nb.atomic_file import write_text
from wandb_nb.formatting import clean
from wandb_nb.untrusted_file import read_file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

FILE = "logs/remarks.json"
"""Path of the file in a run directory: a list of texts."""
MAX_REMARKS, MAX_CHARACTERS = 20, 300
_MAX_BYTES = 1 << 16


def write_remarks(directory: Path, remarks: Sequence[str]) -> None:
    """Store *remarks* in the run *directory*; OSError if that is not possible."""
    write_text(directory / FILE, json.dumps(list(remarks[:MAX_REMARKS])))


def read_remarks(directory: Path) -> list[str] | None:
    """Return the remarks on the run in *directory*, each on one line; None if there is no file of them."""
    try:
        remarks = json.loads(read_file(directory / FILE, _MAX_BYTES, below=directory))
    except (OSError, ValueError, RecursionError):
        return None
    return [clean(text, MAX_CHARACTERS) for text in remarks[:MAX_REMARKS]] if isinstance(remarks, list) else None
