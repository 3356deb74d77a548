"""Names and paths inside a run directory."""

from __future__ import annotations

import re
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from wandb_nb.atomic_file import replacement
from wandb_nb.errors import RunNotFoundError, StoreError
from wandb_nb.surroundings import is_directory
from wandb_nb.untrusted_file import is_folder

if TYPE_CHECKING:
    import os
    from datetime import datetime

WORKSPACES = ("wandb", ".wandb")
"""Names of the folder of run directories."""
OFFLINE_PREFIX = "offline-"
"""Beginning of the name of the directory of a run that nobody sends while it is active."""
SEGMENTS, FILES, LOGS, CONTROL = "segments", "files", "logs", "control"
"""Names of the folders in a run directory."""
ARTIFACTS, MANIFESTS, OBJECTS = "artifacts", "manifests", "objects"
"""Names of the folder of logged artifacts, and of those in it: which files a version has, and their contents."""
_MAX_SAME_NAMED = 10_000


class RunDir(NamedTuple):
    """The directory of one run: *path*, and the id that names its run file.

    *warning* is a sentence for the user if the directory is not in the requested place, else empty. *linked* is whether
    `latest-run` points to it.
    """

    path: Path
    run_id: str
    warning: str = ""
    linked: bool = False

    @classmethod
    def create(
        cls, root: str | os.PathLike[str], run_id: str, offline: bool, when: datetime, *, link: bool = True
    ) -> RunDir:
        """Create the directory of a new run below *root*, in `wandb/`, or in `.wandb/` if that exists.

        Its name contains *when* (local time) and the id, followed by a number if that name exists. If *root* cannot be
        written, a new temporary folder is used, and `warning` reports it. With *link*, `latest-run` points to it.

        Raises:
            StoreError: The temporary folder cannot be written either.

        """
        name = f"{OFFLINE_PREFIX if offline else ''}run-{when:%Y%m%d_%H%M%S}-{run_id}"
        warning = ""
        try:
            path = _make(workspace(Path(root)), name)
        except OSError as error:
            try:
                from tempfile import mkdtemp  # only here

                path = _make(Path(mkdtemp(prefix="wandb-")), name)
            except OSError as second:
                raise StoreError(
                    f"no run directory can be made in {root} ({error}), nor elsewhere: {second}"
                ) from second
            warning = f"{root} cannot be written ({error.strerror or error}): this run is stored in {path}"
        return cls(path, run_id, warning, link and _link(path))

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> RunDir:
        """Return the run directory at *path*, which may also be its run file.

        Raises:
            StoreError: There is no run file.

        """
        try:
            file = run_file(path)
        except RunNotFoundError as error:
            raise StoreError(str(error)) from error
        return cls(file.parent, run_id(file))

    def discard(self) -> None:
        """Remove the directory with its contents; `latest-run` then points to the newest one left, if any."""
        from shutil import rmtree  # few runs are abandoned

        rmtree(self.path, ignore_errors=True)
        link = self.path.parent / "latest-run"
        if not link.is_symlink() or link.exists():
            return
        newest = max(run_directories(self.path.parent), key=age_order, default=None)
        if newest is None:
            link.unlink(missing_ok=True)
        else:
            _link(newest)

    @property
    def run_file(self) -> Path:
        """The run file."""
        return self.path / run_file_name(self.run_id)

    @property
    def files(self) -> Path:
        """The folder of the run's files."""
        return self.path / FILES

    @property
    def logs(self) -> Path:
        """The folder of logs and of the owner's lock."""
        return self.path / LOGS

    @property
    def segments(self) -> Path:
        """The folder of other writers' files. The first of them creates it."""
        return self.path / SEGMENTS

    @property
    def control(self) -> Path:
        """The folder of requests to the run. The first of them creates it."""
        return self.path / CONTROL

    @property
    def stop_file(self) -> Path:
        """The file whose presence asks the run to stop."""
        return self.control / "stop"


def run_file_name(run_id: str) -> str:
    """Return the name of the run file of the run *run_id*."""
    return f"run-{run_id}.wandb"


def run_id(file: Path) -> str:
    """Return the id of a run from the name of its file."""
    return file.name.removeprefix("run-").removesuffix(".wandb")


def run_file(path: str | os.PathLike[str]) -> Path:
    """Return the run file of the run directory *path*, or *path* itself if it is a file.

    A directory is named after the id of its run. Should it contain files of other runs, its own counts.

    Raises:
        RunNotFoundError: There is no run file.

    """
    path = Path(path)
    if path.is_file():
        return path
    files = run_files(path)
    if not files:
        raise RunNotFoundError(f"there is no run file (run-<id>.wandb) in {path}: give the directory of a run")
    name = path.resolve().name
    own = [file for file in files if f"-{run_id(file)}-" in f"{name}-"]
    return max(own, key=lambda file: len(file.name), default=files[0])


def run_files(folder: Path) -> list[Path]:
    """Return all run files in *folder*, by name."""
    return sorted(folder.glob(run_file_name("*")))


def segment_files(folder: Path) -> list[Path]:
    """Return the segments in the run directory *folder* that are not folded into its run file, by name; no links."""
    segments = folder / SEGMENTS
    return sorted(segments.glob("*.wandb")) if is_folder(segments) else []


def data_files(path: str | os.PathLike[str]) -> list[Path]:
    """Return the run file of the run directory *path*, then its segments.

    Raises:
        RunNotFoundError: There is no run file.

    """
    file = run_file(path)
    return [file, *segment_files(file.parent)]


def run_directories(workspace: Path, run_id: str | None = None) -> list[Path]:
    """Return the run directories in *workspace*: all of them, or those whose name contains the id *run_id*.

    Links such as `latest-run` are left out.
    """
    pattern = "*run-*-*" if run_id is None else f"*run-*-{escape(run_id)}*"
    return [folder for folder in workspace.glob(pattern) if folder.is_dir() and not folder.is_symlink()]


def age_order(folder: Path) -> tuple[str, str]:
    """Return a key that sorts run directories by age: the time in their name."""
    stamp = re.search(r"run-(\d{8}_\d{6})", folder.name)
    return (stamp[1] if stamp else "", folder.name)


def workspace(root: Path) -> Path:
    """Return the folder of run directories in *root*: `.wandb` if that exists, else `wandb`."""
    hidden = root / ".wandb"
    return hidden if is_directory(hidden) else root / "wandb"


def _make(workspace: Path, name: str) -> Path:
    workspace.mkdir(parents=True, exist_ok=True)
    path = workspace / name
    for number in range(1, _MAX_SAME_NAMED):
        try:
            path.mkdir()
        except FileExistsError:
            path = workspace / f"{name}-{number}"
            continue
        for folder in (FILES, LOGS, "tmp/code"):
            (path / folder).mkdir(parents=True)
        return path
    raise FileExistsError(f"{_MAX_SAME_NAMED} directories of that name exist")


def _link(path: Path) -> bool:
    """Make `latest-run` point to *path*; return False if the system has no links."""
    try:
        with replacement(path.parent / "latest-run") as unfinished:
            unfinished.symlink_to(path.name)
    except OSError:
        return False
    return True
