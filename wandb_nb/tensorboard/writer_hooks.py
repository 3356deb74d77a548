"""Learns the folders in which writers for TensorBoard make event files.

What makes an event file reports its folder first: the classes of tensorboard (which torch uses) and of tensorboardX,
and TensorFlow's function, whether they were imported before or come later. Writers that exist already are looked for.
"""

from __future__ import annotations

import functools
import gc
import os
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wandb_nb.function_hooks import FunctionHooks

if TYPE_CHECKING:
    from collections.abc import Callable

WRITERS = {
    "tensorboard.summary.writer.event_file_writer": "EventFileWriter.__init__",
    "tensorboardX.writer": "EventFileWriter.__init__",
    "tensorflow.python.ops.gen_summary_ops": "create_summary_file_writer",
}
"""Modules, and what in them makes an event file."""


class WriterFolders:
    """The folders of all writers of this process. Threads may use it concurrently."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._folders: dict[Path, None] = {}
        self.root: Path | None = None
        """The folder that names are relative to, if the program said so."""

    def add(self, folder: Any) -> None:
        """Add the folder of a writer; what is not a local path is left out."""
        if isinstance(folder, bytes):
            folder = os.fsdecode(folder)
        with suppress(TypeError, ValueError, OSError):
            text = os.fspath(folder)
            if "://" not in text:
                with self._lock:
                    self._folders[Path(text).absolute()] = None

    def all(self) -> list[Path]:
        """Return the folders, oldest first."""
        with self._lock:
            return list(self._folders)


folders = WriterFolders()


def patch(
    save: bool = True,  # noqa: ARG001 -- W&B's argument: event files are always kept
    tensorboard_x: bool | None = None,  # noqa: ARG001 -- the same: all writers are followed
    pytorch: bool | None = None,  # noqa: ARG001 -- the same
    root_logdir: str | os.PathLike[str] = "",
) -> None:
    """Follow the writers of this process from now on; `init(sync_tensorboard=True)` does so, too.

    Args:
        save: Accepted; event files are always kept.
        tensorboard_x: Accepted.
        pytorch: Accepted.
        root_logdir: The folder that the names of metrics are relative to. Event files below it are followed, also those
            of other processes. By default it is the folder that all writers' folders have in common.

    """
    if root_logdir:
        folders.root = Path(root_logdir).absolute()
    hooks.install()
    _add_existing_writers()


def unpatch() -> None:
    """Give the writers back their own functions."""
    hooks.remove()


def _reporting(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return *original* with a report of its folder, which comes after `self`, or after TensorFlow's resource."""

    @functools.wraps(original)
    def make(*arguments: Any, **named: Any) -> Any:
        folder: Any = named.get("logdir", arguments[1] if len(arguments) > 1 else None)
        folders.add(folder.numpy() if hasattr(folder, "numpy") else folder)
        return original(*arguments, **named)

    return make


hooks = FunctionHooks(WRITERS, _reporting)


def _add_existing_writers() -> None:
    """Add the folders of writers that were made before; all objects of the process are looked at, once."""
    names = {module: target.partition(".")[0] for module, target in WRITERS.items()}
    things = (getattr(sys.modules.get(module), name, None) for module, name in names.items())
    classes = tuple(thing for thing in things if isinstance(thing, type))
    if not classes:
        return
    for thing in gc.get_objects():
        with suppress(Exception):  # foreign objects may answer isinstance with any error
            if isinstance(thing, classes) and not getattr(thing, "_closed", False):
                folders.add(getattr(thing, "_logdir", None))
