"""Opens files that somebody else may have written or placed: regular files only, never through a link, never waiting.

A run directory can come from anybody. A FIFO in the place of a file would block its reader for good, a device or a link
to one would feed it without end, and a link would make it read, or create, a file elsewhere. So every file of a run
directory that this process did not just make is opened here.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

_NO_LINKS = getattr(os, "O_NOFOLLOW", 0)
_NO_WAIT = getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_NOCTTY", 0) | getattr(os, "O_CLOEXEC", 0)
_FOLDER = os.O_RDONLY | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_CLOEXEC", 0)
_HAS_FOLDER_DESCRIPTORS = os.open in os.supports_dir_fd


def open_file(
    path: str | os.PathLike[str], below: str | os.PathLike[str] | None = None, *, follow_links: bool = False
) -> BinaryIO:
    """Open the regular file *path* for reading; the arguments are those of `open_descriptor`.

    Raises:
        OSError: There is no such file, or it is a link, a FIFO, a device or the like.
    """
    return os.fdopen(open_descriptor(path, os.O_RDONLY, below=below, follow_links=follow_links), "rb")


def read_file(
    path: str | os.PathLike[str],
    max_bytes: int,
    below: str | os.PathLike[str] | None = None,
    *,
    follow_links: bool = False,
) -> bytes:
    """Return the content of the regular file *path*.

    Raises:
        OSError: As for `open_file`, or it has more than *max_bytes*.
    """
    with open_file(path, below, follow_links=follow_links) as file:
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise OSError(errno.EFBIG, f"is larger than {max_bytes} bytes", os.fspath(path))
    return content


def open_descriptor(
    path: str | os.PathLike[str],
    flags: int,
    mode: int = 0o666,
    *,
    below: str | os.PathLike[str] | None = None,
    follow_links: bool = False,
) -> int:
    """Return a descriptor of the regular file *path*, opened (or, with O_CREAT, created) with *flags*.

    *below* is a folder above it: no component between the two may be a link. Without it, and for *below* itself, the
    way to the file is the caller's. *follow_links* is for files that the user's own tools link, such as Git's.

    Raises:
        OSError: The file cannot be opened, or it is a link, a FIFO, a device or the like.
    """
    path = Path(path)
    folder = _open_folders(path.parent, path.parent if below is None else Path(below))
    try:
        return _open_regular(path, flags | _NO_WAIT | (0 if follow_links else _NO_LINKS), mode, folder, follow_links)
    finally:
        if folder is not None:
            os.close(folder)


def create_marker(path: Path, below: Path) -> None:
    """Create the empty file *path* in the folder *below*, unless it is there.

    Raises:
        OSError: It cannot be created, or a link or another kind of file is in its place.
    """
    os.close(open_descriptor(path, os.O_WRONLY | os.O_CREAT, below=below))


def is_folder(path: Path) -> bool:
    """Return whether *path* is a folder itself, not a link to one."""
    try:
        return stat.S_ISDIR(path.lstat().st_mode)
    except OSError:
        return False


def _open_folders(folder: Path, below: Path) -> int | None:
    """Open the folders from *below* down to *folder*; None on systems that cannot open files relative to folders."""
    names = folder.relative_to(below).parts
    if ".." in names:
        raise OSError(errno.EINVAL, "leads out of its folder", str(folder))
    if not _HAS_FOLDER_DESCRIPTORS:
        for depth in range(1, len(names) + 1):
            if not is_folder(inner := below.joinpath(*names[:depth])):
                raise _not_a_folder(inner)
        return None
    descriptor = os.open(below, _FOLDER)
    for name in names:
        try:
            inner_descriptor = os.open(name, _FOLDER | _NO_LINKS, dir_fd=descriptor)
        except OSError as error:
            raise _not_a_folder(folder) if error.errno in (errno.ELOOP, errno.ENOTDIR) else error from None
        finally:
            os.close(descriptor)
        descriptor = inner_descriptor
    return descriptor


def _open_regular(path: Path, flags: int, mode: int, folder: int | None, follow_links: bool) -> int:
    name = path if folder is None else path.name
    try:  # before opening it: opening some devices has an effect
        _check_regular(os.stat(name, dir_fd=folder, follow_symlinks=follow_links), path)
    except FileNotFoundError:
        if not flags & os.O_CREAT:
            raise
    descriptor = os.open(name, flags, mode, dir_fd=folder)
    try:  # it may have been replaced in between
        _check_regular(os.fstat(descriptor), path)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor


def _check_regular(status: os.stat_result, path: Path) -> None:
    if stat.S_ISLNK(status.st_mode):
        raise OSError(errno.ELOOP, "is a link, which is not followed", str(path))
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "is not a regular file", str(path))


def _not_a_folder(path: Path) -> OSError:
    return OSError(errno.ENOTDIR, "is a link, or not a folder", str(path))
