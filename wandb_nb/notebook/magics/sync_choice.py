"""The runs that `%wandb sync` sends, and sending them. Loads the readers, and the HTTP client to send."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from wandb_nb.capture.cells.notebook_path import configured_paths
from wandb_nb.formatting import clean
from wandb_nb.settings import resolve
from wandb_nb.store.format.layout import WORKSPACES, age_order, run_files
from wandb_nb.store.runs.notebook_runs import runs_of_this_notebook
from wandb_nb.sync.bulk.run_selection import select_runs
from wandb_nb.sync.bulk.sync_status import is_syncing

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_LINE = 1000


class SyncChoice(NamedTuple):
    """The run *files* to send, oldest first, those *being_sent* already, and how many *others* `--all` would send."""

    files: list[Path]
    being_sent: list[Path]
    others: int = 0


def choose(options: Any) -> SyncChoice:
    """Return the runs that *options* select: those of its paths, else of this notebook, with `--all` of `./wandb`.

    Raises:
        RunNotFoundError: A path names no run.

    """
    if options.paths:
        return SyncChoice(*_split(select_runs(options.paths, include_synced=options.include_synced)))
    own = _files_of_this_notebook(options)
    others = [file for file in _files_of_this_folder(options) if file not in own]
    if options.all:
        return SyncChoice(*_split(sorted([*own, *others], key=lambda file: age_order(file.parent))))
    return SyncChoice(*_split(own), len(_split(others)[0]))


def scope(options: Any) -> str:
    """Return in words which runs *options* select."""
    if options.paths:
        return f"of {', '.join(options.paths)}"
    return "of this notebook and in ./wandb" if options.all else "of this notebook"


def _files_of_this_notebook(options: Any) -> list[Path]:
    settings = resolve({})
    notebook = next(configured_paths(settings.notebook_name), None)
    folders = [entry.path for entry in runs_of_this_notebook(notebook, settings.host) if run_files(Path(entry.path))]
    return select_runs(folders, include_synced=options.include_synced) if folders else []


def _files_of_this_folder(options: Any) -> list[Path]:
    has_workspace = any(Path(name).is_dir() for name in WORKSPACES)
    return select_runs([], include_synced=options.include_synced) if has_workspace else []


def _split(files: list[Path]) -> tuple[list[Path], list[Path]]:
    """Return those of *files* to send, and those that some process is sending."""
    being_sent = [file for file in files if is_syncing(file)]
    return [file for file in files if file not in being_sent], being_sent


def send(files: list[Path], options: Any) -> Iterator[str]:
    """Send *files*; yield one line for each, and one for each part that was not sent."""
    from wandb_nb.sync.bulk.sync_runs import BulkSync, result_lines  # loads the HTTP client
    from wandb_nb.sync.http.network import Network
    from wandb_nb.sync.upload.run_metadata import Target

    target = Target(
        run_id=options.id,
        project=options.project,
        entity=options.entity,
        append=options.append,
        resend=options.include_synced,
        follow_links=options.follow_links,
    )
    batch = BulkSync(Network.from_settings(resolve({"project": None})), target)
    try:
        batch.add(files)
        batch.wait()
    except KeyboardInterrupt:
        batch.stop()
    for file in files:
        yield from (clean(line, MAX_LINE) for line in result_lines(batch.results[file]))
