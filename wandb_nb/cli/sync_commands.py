"""`sync` and `status`: send runs to a server, and show the progress."""

from __future__ import annotations

import shutil
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from wandb_nb.cli.output import echo_json, echo_line, echo_table
from wandb_nb.cli.shell_completion import complete_project, complete_run
from wandb_nb.formatting import clean, size

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from wandb_nb.store.runs.sync_progress import SyncProgress
    from wandb_nb.sync.bulk.sync_runs import BulkSync
    from wandb_nb.sync.http.network import Network

UNSENT, DAMAGED = 1, 3
WATCH_INTERVAL_SECONDS = 2.0
MAX_WATCHED = 32


@click.command()
@click.argument("paths", nargs=-1, shell_complete=complete_run)
@click.option("--id", "run_id", help="Send the run under this id.")
@click.option("--project", help="Send to this project.", shell_complete=complete_project)
@click.option("--entity", help="Send to this user or team.")
@click.option("--append", is_flag=True, help="Append the rows to those of the run on the server.")
@click.option("--include-synced", is_flag=True, help="Send runs again that are on the server.")
@click.option("--mark-synced/--no-mark-synced", default=True, show_default=True, help="Record that a run was sent.")
@click.option(
    "--clean", is_flag=True, help="After confirmation, delete the directories of runs that are on the server."
)
@click.option("--follow-links", is_flag=True, help="Send the files that links in a run lead to, wherever they are.")
@click.option("--dry-run", is_flag=True, help="Only list what would be sent.")
@click.option("--watch", is_flag=True, help="Continue with growing and new runs until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def sync(paths: tuple[str, ...], **options: Any) -> None:
    """Send runs to the server: those in wandb/ of this folder, or those of PATHS; several concurrently.

    Nothing is sent twice; an interrupted upload continues where it stopped. Exits with 1 if something was not sent,
    and with 3 if a file is damaged and everything readable was sent.
    """
    from wandb_nb.sync.bulk.run_selection import select_runs

    if options["run_id"] and len(select_runs(paths, include_synced=True)) > 1:
        raise click.UsageError("--id needs exactly one run; give its path")
    files = select_runs(paths, include_synced=options["include_synced"])
    if options["dry_run"]:
        _show([{"path": str(file.parent), "state": "would be sent"} for file in files], as_json=options["as_json"])
        return
    results = _send(paths, files, options) if files or options["watch"] else []
    _show(results, as_json=options["as_json"])
    if options["clean"]:
        _clean(select_runs(paths, include_synced=True))
    sys.exit(_exit_code(results))


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(as_json: bool) -> None:
    """List the runs that are being sent or wait for it, with what the server has and what is pending."""
    from wandb_nb.sync.bulk.sync_status import unfinished_syncs

    syncs = unfinished_syncs()
    if as_json:
        echo_json(syncs)
    elif syncs:
        rows = [
            (run["state"], run["project"], run["name"], run["rows"], size(run["pending_bytes"]), run["message"])
            for run in syncs
        ]
        echo_table(("STATE", "PROJECT", "NAME", "ROWS SENT", "PENDING", "NOTE"), rows)
    else:
        click.echo("no run of this machine is being sent or waiting to be sent", err=True)


def _send(paths: tuple[str, ...], files: list[Path], options: dict[str, Any]) -> list[dict[str, Any]]:
    """Send *files*, and with `--watch` new runs below *paths*; return one result per run."""
    from wandb_nb.settings import resolve
    from wandb_nb.sync.bulk.sync_runs import DEFAULT_WORKERS, BulkSync
    from wandb_nb.sync.http.network import Network
    from wandb_nb.sync.upload.run_metadata import Target

    target = Target(
        run_id=options["run_id"],
        project=options["project"],
        entity=options["entity"],
        append=options["append"],
        resend=options["include_synced"],
        mark_synced=options["mark_synced"],
        follow_links=options["follow_links"],
    )
    watch = options["watch"]
    bar = _ProgressLine(files, visible=sys.stderr.isatty() and not options["as_json"] and not watch)
    network = Network.from_settings(resolve({"project": None}))
    batch = BulkSync(
        network,
        target,
        max_workers=MAX_WATCHED if watch else DEFAULT_WORKERS,
        confirmed_entities=_confirm_entities(files, network) if sys.stdin.isatty() and not target.entity else (),
        follow=watch,
        report_progress=bar,
    )
    try:
        if watch:
            _watch(batch, paths)
        batch.add(files)
        batch.wait()
    except KeyboardInterrupt:
        batch.stop()
    finally:
        bar.close()
    return [batch.results[file] for file in sorted(batch.results, key=str)]


def _confirm_entities(files: list[Path], network: Network) -> list[str]:
    """Return the entities other than the account's own that *files* name and that the user confirms."""
    from wandb_nb.sync.bulk.target_check import foreign_entities

    return [
        entity
        for entity, count in sorted(foreign_entities(files, network).items())
        if click.confirm(
            f"{count} of these runs name the entity {clean(entity)}, which is neither your account nor one of its "
            "teams. Send them there?",
            err=True,
        )
    ]


def _watch(batch: BulkSync, paths: tuple[str, ...]) -> None:
    """Add new runs below *paths* until interrupted, except those that a background process sends."""
    from wandb_nb.errors import RunNotFoundError
    from wandb_nb.sync.bulk.run_selection import select_runs
    from wandb_nb.sync.bulk.sync_status import is_syncing

    pause = threading.Event()
    while True:
        with suppress(RunNotFoundError):  # there are none yet
            batch.add(file for file in select_runs(paths, include_synced=False) if not is_syncing(file))
        pause.wait(WATCH_INTERVAL_SECONDS)


class _ProgressLine:
    """One progress bar for all runs, by bytes of their files, on stderr."""

    def __init__(self, files: Iterable[Path], *, visible: bool) -> None:
        self._sizes = {file: file.stat().st_size for file in files}
        self._sent: dict[Path, int] = {}
        self._lock = threading.Lock()
        total = sum(self._sizes.values())
        label = (
            f"{len(self._sizes)} runs" if len(self._sizes) > 1 else "".join(path.parent.name for path in self._sizes)
        )
        self._bar = click.progressbar(length=total, label=clean(label, 60), file=sys.stderr) if visible else None
        if self._bar:
            self._bar.render_progress()

    def __call__(self, file: Path, progress: SyncProgress) -> None:
        """Show the *progress* of *file*."""
        if self._bar is None:
            return
        with self._lock:
            before = self._sent.get(file, 0)
            self._sent[file] = max(before, min(progress.offset, self._sizes.get(file, 0)))
            self._bar.update(self._sent[file] - before)

    def close(self) -> None:
        """End the line of the bar."""
        if self._bar:
            self._bar.render_finish()


def _show(results: list[dict[str, Any]], *, as_json: bool) -> None:
    from wandb_nb.sync.bulk.sync_runs import result_lines

    if as_json:
        echo_json(results)
        return
    if not results:
        click.echo("nothing to send: all runs here are on the server", err=True)
    for result in results:
        first, *more = result_lines(result)
        echo_line(first)
        for line in more:
            echo_line(line, err=True)


def _clean(files: list[Path]) -> None:
    """Delete, after confirmation, the directories of the runs among *files* that are completely on the server."""
    from wandb_nb.sync.bulk.run_selection import is_removable

    folders = [file.parent for file in files if is_removable(file)]
    if folders and click.confirm(f"Delete {len(folders)} directories of runs that are on the server?", err=True):
        for folder in folders:
            shutil.rmtree(folder)


def _exit_code(results: list[dict[str, Any]]) -> int:
    """Return the code of the worst result: unsent data, then a damaged file, whose damage counts as one problem."""
    if any(
        result["state"] in ("failed", "refused", "waiting") or len(result["problems"]) > bool(result.get("damaged"))
        for result in results
    ):
        return UNSENT
    return DAMAGED if any(result.get("damaged") for result in results) else 0
