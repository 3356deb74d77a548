"""Learns of the videos that recorders of environments write.

A recorder writes a clip in one call: `VideoRecorder.close` of gym and of gymnasium up to 0.29, `stop_recording` of
`RecordVideo` of gymnasium 1, `_stop_recording` of `VecVideoRecorder` of Stable-Baselines3, `ImageEncoder.close` of gym
before 0.26. After that call the files that are new in the recorder's folder are reported.
"""

from __future__ import annotations

import functools
import os
import re
import warnings
from contextlib import suppress
from contextvars import ContextVar
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from wandb_nb.data.files.video import Video
from wandb_nb.function_hooks import FunctionHooks

if TYPE_CHECKING:
    from collections.abc import Callable

RECORDERS = (
    {
        "gym.wrappers.monitoring.video_recorder": "VideoRecorder.close",
        "gymnasium.wrappers.monitoring.video_recorder": "VideoRecorder.close",
        "gymnasium.wrappers.rendering": "RecordVideo.stop_recording",
        "stable_baselines3.common.vec_env.vec_video_recorder": "VecVideoRecorder._stop_recording",
    },
    {
        "gym.wrappers.monitoring.video_recorder": "ImageEncoder.close",
        "stable_baselines3.common.vec_env.vec_video_recorder": "VecVideoRecorder.close_video_recorder",
    },
)
"""Modules, and the call in them that completes a video; the second table is of older versions."""
SUFFIXES = frozenset({".mp4", ".gif", ".webm"})
_FOLDERS = ("video_folder", "path", "output_path", "base_path")
"""Attributes of recorders with a folder, or with a file in it."""
_NUMBER = re.compile(r".*(video\.[\d.]+)\.video\d+.*|.*(video\.\d+)\..*")
_OTHER = "videos"

_is_completing: ContextVar[bool] = ContextVar("_is_completing", default=False)
"""Whether a recorder's call is being reported already."""
_is_asked_for = False
"""Whether the program called `monitor()`; else the run's setting decides."""


def monitor() -> None:
    """Log the videos of environments in the active run, from now on; `init(monitor_gym=True)` does so for its run."""
    global _is_asked_for  # noqa: PLW0603 -- one decision of the program
    _is_asked_for = True
    install()


def install() -> None:
    """Replace the recorders' methods."""
    for hooks in _hooks:
        hooks.install()


def unmonitor() -> None:
    """Log no more videos, and give the recorders back their own methods."""
    global _is_asked_for  # noqa: PLW0603 -- as above
    _is_asked_for = False
    for hooks in _hooks:
        hooks.remove()


def key_of(path: Path) -> str:
    """Return the key under which the video at *path* is logged: `video.N` of gym's own names, else `videos`."""
    match = _NUMBER.fullmatch(path.name)
    return (match[1] or match[2]) if match else _OTHER


def _reporting(original: Callable[..., Any]) -> Callable[..., Any]:
    """Return *original* with a report of the files that it wrote."""

    @functools.wraps(original)
    def complete(recorder: Any, *arguments: Any, **named: Any) -> Any:
        if _is_completing.get():  # Stable-Baselines3's recorder uses one of gymnasium
            return original(recorder, *arguments, **named)
        folder = _folder_of(recorder)  # before the call, which may forget it
        before = _videos(folder)
        token = _is_completing.set(True)
        try:
            result = original(recorder, *arguments, **named)
        finally:
            _is_completing.reset(token)
        for path, _ in sorted(_videos(folder).items() - before.items()):
            _log(path)
        return result

    return complete


def _log(path: Path) -> None:
    """Log the video at *path* in the active run."""
    run = import_module("wandb_nb").run  # by its name: runs are in a higher layer
    if run is None or not (_is_asked_for or run.settings.monitor_gym):
        return
    try:
        run.log({key_of(path): Video(str(path))})
    except Exception as error:  # noqa: BLE001 -- an environment must close whatever becomes of its video
        warnings.warn(f"the video {path} was not logged: {error}", stacklevel=2)


def _folder_of(recorder: Any) -> Path | None:
    for name in _FOLDERS:
        with suppress(Exception):  # foreign objects may answer with any error
            text = os.fspath(getattr(recorder, name))
            if text:
                return Path(text) if Path(text).is_dir() else Path(text).parent
    return None


def _videos(folder: Path | None) -> dict[Path, tuple[int, int]]:
    """Return the videos in *folder*, with what changes when one is written anew."""
    videos = {}
    with suppress(OSError):
        for path in folder.iterdir() if folder is not None else ():
            if path.suffix in SUFFIXES:
                status = path.stat()
                if status.st_size:
                    videos[path] = (status.st_size, status.st_mtime_ns)
    return videos


_hooks = tuple(FunctionHooks(targets, _reporting) for targets in RECORDERS)
