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

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from importlib.machinery import ModuleSpec
    from types import ModuleType

WRITERS = {
    "tensorboard.summary.writer.event_file_writer": "EventFileWriter",
    "tensorboardX.writer": "EventFileWriter",
    "tensorflow.python.ops.gen_summary_ops": "create_summary_file_writer",
}
"""Modules, and what in them makes an event file; its `logdir` is the first argument after `self`."""
_MARK = "_wandb_nb_original"


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
    for module, name in WRITERS.items():
        if module in sys.modules:
            _replace(sys.modules[module], name)
    if not any(isinstance(finder, _Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, _Finder())
    _add_existing_writers()


def unpatch() -> None:
    """Give the writers back their own functions."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, _Finder)]
    for module, name in WRITERS.items():
        owner, attribute = _place(sys.modules.get(module), name)
        original = getattr(getattr(owner, attribute, None), _MARK, None)
        if original is not None:
            setattr(owner, attribute, original)


def _replace(module: ModuleType, name: str) -> None:
    """Let what makes an event file report its folder first."""
    owner, attribute = _place(module, name)
    original = getattr(owner, attribute, None)
    if original is not None and not hasattr(original, _MARK):
        setattr(owner, attribute, _reporting(original))


def _place(module: ModuleType | None, name: str) -> tuple[Any, str]:
    """Return owner and attribute of the function: the constructor of a class, or the function of a module."""
    value = getattr(module, name, None)
    return (value, "__init__") if isinstance(value, type) else (module, name)


def _reporting(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return *original* with a report of its folder, which comes after `self`, or after TensorFlow's resource."""

    @functools.wraps(original)
    def make(*arguments: Any, **named: Any) -> Any:
        folder: Any = named.get("logdir", arguments[1] if len(arguments) > 1 else None)
        folders.add(folder.numpy() if hasattr(folder, "numpy") else folder)
        return original(*arguments, **named)

    setattr(make, _MARK, original)
    return make


def _add_existing_writers() -> None:
    """Add the folders of writers that were made before; all objects of the process are looked at, once."""
    classes = tuple(
        writer
        for module, name in WRITERS.items()
        if isinstance(writer := getattr(sys.modules.get(module), name, None), type)
    )
    if not classes:
        return
    for thing in gc.get_objects():
        with suppress(Exception):  # foreign objects may answer isinstance with any error
            if isinstance(thing, classes) and not getattr(thing, "_closed", False):
                folders.add(getattr(thing, "_logdir", None))


class _Finder:
    """Replaces the functions of writers' modules when these are imported."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return the spec of a writer's module, whose loader replaces the function after the module was executed."""
        if name not in WRITERS:
            return None
        for finder in sys.meta_path:
            if finder is not self and (spec := finder.find_spec(name, path, target)) is not None:
                _replace_after_loading(spec, WRITERS[name])
                return spec
        return None


def _replace_after_loading(spec: ModuleSpec, attribute: str) -> None:
    loader = spec.loader
    if loader is None or not hasattr(loader, "exec_module"):
        return
    execute = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        execute(module)
        _replace(module, attribute)

    loader.exec_module = exec_module  # type: ignore[method-assign]  # of this one spec's loader
