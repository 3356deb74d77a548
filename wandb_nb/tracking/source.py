"""The code of a run, on request."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from wandb_nb.capture.code import save_tree
from wandb_nb.errors import UsageError
from wandb_nb.store import records

if TYPE_CHECKING:
    import os

    from wandb_nb.capture.code import Choice
    from wandb_nb.tracking.place import Place
    from wandb_nb.tracking.run import Run


def log_code(
    run: Run, place: Place | None, root: str | os.PathLike[str] | None, include: Choice, exclude: Choice
) -> list[str]:
    """Carry out `Run.log_code`."""
    if place is None or run.settings.disable_code:
        return []
    folder = Path(root) if root is not None else run.settings.code_dir or Path()
    try:
        paths = save_tree(place.files, folder, place.redact, include, exclude)
    except NotADirectoryError as error:
        raise UsageError(f"log_code() of run {run.name}: {error}; give the folder that holds the code") from error
    place.writer.append(records.files([(path, "now", "other") for path in paths]))
    return paths
