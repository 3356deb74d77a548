"""`wandb.sdk.lib.paths` and `wandb.sdk.lib.ipython`: types of paths and the kind of Python shell (Weave)."""

from __future__ import annotations

import os
from pathlib import PurePath, PurePosixPath
from typing import Literal

from wandb_nb import host
from wandb_nb.host import in_notebook as in_jupyter

StrPath = str | os.PathLike[str]
FilePathStr = str
URIStr = str

__all__ = ["FilePathStr", "LogicalPath", "StrPath", "URIStr", "in_jupyter"]


class LogicalPath(str):
    """A path with forward slashes, as servers name files."""

    __slots__ = ()

    def __new__(cls, path: StrPath) -> LogicalPath:  # noqa: PYI034 -- typing.Self is of 3.11
        """Return *path* with forward slashes."""
        text = path.as_posix() if isinstance(path, PurePath) else os.fspath(path)
        return super().__new__(cls, text.replace("\\", "/"))

    def to_path(self) -> PurePosixPath:
        """Return it as a path object."""
        return PurePosixPath(self)


def _get_python_type() -> Literal["python", "ipython", "jupyter"]:
    if in_jupyter():
        return "jupyter"
    return "ipython" if host.in_ipython_terminal() else "python"
