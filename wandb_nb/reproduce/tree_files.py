"""Writes files below a folder whose content and names come from somebody else: no path leaves it by name or link."""

from __future__ import annotations

import errno
import os
from pathlib import Path, PurePosixPath, PureWindowsPath

from wandb_nb.untrusted_file import is_folder, open_descriptor

_FORBIDDEN = frozenset((".", "..", ".git"))


def safe_path(text: str) -> PurePosixPath | None:
    """Return *text* as a path below a folder of code; None if it leads elsewhere or into Git's own folder."""
    if not text or "\0" in text or text.startswith("/") or PureWindowsPath(text).anchor:
        return None
    path = PurePosixPath(text)
    parts = {part.lower().rstrip(". ") or part for part in text.replace("\\", "/").split("/") if part}
    return path if path.parts and not _FORBIDDEN & parts else None


def make_folders(root: Path, relative: PurePosixPath) -> Path:
    """Return the folder *relative* below *root* and make it, one part after the other.

    Raises:
        OSError: A link or a file is in the way, or it cannot be made.

    """
    folder = root
    for part in relative.parts:
        folder /= part
        if not os.path.lexists(folder):
            folder.mkdir()
        elif not is_folder(folder):
            raise OSError(errno.ENOTDIR, "is a link, or not a folder", str(folder))
    return folder


def write_below(root: Path, relative: PurePosixPath, content: bytes, mode: int = 0o666) -> Path:
    """Write the new file *relative* below *root* and return its path.

    Raises:
        FileExistsError: Something has that name.
        OSError: A link is on the way to it, or it cannot be written.

    """
    path = make_folders(root, relative.parent) / relative.name
    if os.path.lexists(path):
        raise FileExistsError(errno.EEXIST, "exists", str(path))
    descriptor = open_descriptor(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode, below=root)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
    return path
