"""The files below a folder of the user, links to files and folders followed; what is not a file is refused by name."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from wandb_nb.errors import ArtifactError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


def files_below(top: str | Path) -> Iterator[tuple[str, str]]:
    """Yield the path relative to *top*, with slashes, and the path of each file, in their order.

    Raises:
        ArtifactError: There is a device, a FIFO or the like, a broken link, or a link to a folder above it.

    """
    yield from _walk(os.fspath(top), "", (os.path.realpath(top),))


def _walk(folder: str, prefix: str, above: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    with os.scandir(folder) as listing:
        entries = sorted(listing, key=lambda entry: entry.name)
    for entry in entries:
        if entry.is_dir():
            real = os.path.realpath(entry.path) if entry.is_symlink() else f"{above[-1]}{os.sep}{entry.name}"
            if real in above:
                raise ArtifactError(f"{entry.path} is a link to a folder that it is in: remove the link")
            yield from _walk(entry.path, f"{prefix}{entry.name}/", (*above, real))
        elif entry.is_file():
            yield prefix + entry.name, entry.path
        else:
            what = "a broken link" if entry.is_symlink() else "not a regular file"
            raise ArtifactError(f"{entry.path} is {what}: remove it, or add the files one by one")
