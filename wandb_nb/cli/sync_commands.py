"""`sync` and `status`: runs sent to a server, and how far that is."""

from __future__ import annotations

import shutil
import sys
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from wandb_nb.cli.output import echo_json, echo_table
from wandb_nb.formatting import clean, size

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from wandb_nb.sync.bulk.sync_runs import BulkSync
    from wandb_nb.sync.upload.progress import SyncProgress

UNSENT, DAMAGED = 1, 3
WATCH_EVERY_S = 2.0
WATCHED_AT_ONCE = 32
LONGEST_LINE = 1000


@click.command()
@click.argument("paths", nargs=-1)
@click.option("--id", "run_id", help="Send the run under this id.")
@click.option("--project", help="Send to this project.")
@click.option("--entity", help="Send to this user or team.")
@click.option("--append", is_flag=True, help="Put the rows behind those that the server has of the run.")
@click.option("--include-synced", is_flag=True, help="Send again what was sent already.")
@click.option("--mark-synced/--no-mark-synced", default=True, show_default=True, help="Note that a run was sent.")
@click.option("--clean", is_flag=True, help="Delete the directories of runs that are on the server, after asking.")
@click.option("--dry-run", is_flag=True, help="Only say what would be sent.")
@click.option("--watch", is_flag=True, help="Go on with runs that still grow, and with new ones, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def sync(paths: tuple[str, ...], **options: Any) -> None:
    """Send runs to the server: of this folder's wandb/, or those that PATHS name; several at once.

    What was sent before is not sent again; a broken upload goes on where it stopped. Exits with 1 where something
    was not sent, and with 3 where a file is damaged and all that can be read was sent.
    """
    from wandb_nb.sync.bulk.run_selection import select_runs

    if options["run_id"] and len(select_runs(paths, include_synced=True)) > 1:
        raise click.UsageError("--id needs the path of one run")
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
    """List the runs that are being sent, or wait for it: what the server has, and what is pending."""
    from wandb_nb.sync.bulk.sync_status import unfinished_syncs

    found = unfinished_syncs()
    if as_json:
        echo_json(found)
    elif found:
        rows = [
            (run["state"], run["project"], run["name"], run["rows"], size(run["pending_bytes"]), run["message"])
            for run in found
        ]
        echo_table(("STATE", "PROJECT", "NAME", "ROWS SENT", "PENDING", "NOTE"), rows)
    else:
        click.echo("no run of this machine is being sent or waits for it", err=True)


def _send(paths: tuple[str, ...], files: list[Path], options: dict[str, Any]) -> list[dict[str, Any]]:
    """Send *files*, and with `--watch` whatever comes below *paths*; return what became of each."""
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
    )
    watch = options["watch"]
    bar = _Bar(files, shown=sys.stderr.isatty() and not options["as_json"] and not watch)
    network = Network.from_settings(resolve({"project": None}))
    batch = BulkSync(
        network, target, max_workers=WATCHED_AT_ONCE if watch else DEFAULT_WORKERS, follow=watch, report_progress=bar
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


def _watch(batch: BulkSync, paths: tuple[str, ...]) -> None:
    """Take what comes below *paths* for ever, but for what a background process sends."""
    from wandb_nb.errors import RunNotFoundError
    from wandb_nb.sync.bulk.run_selection import select_runs
    from wandb_nb.sync.bulk.sync_status import is_syncing

    pause = threading.Event()
    while True:
        with suppress(RunNotFoundError):  # not yet
            batch.add(file for file in select_runs(paths, include_synced=False) if not is_syncing(file))
        pause.wait(WATCH_EVERY_S)


class _Bar:
    """A progress bar of all runs together, by bytes of their files, on stderr."""

    def __init__(self, files: Iterable[Path], *, shown: bool) -> None:
        self._sizes = {file: file.stat().st_size for file in files}
        self._at: dict[Path, int] = {}
        self._lock = threading.Lock()
        total = sum(self._sizes.values())
        label = (
            f"{len(self._sizes)} runs" if len(self._sizes) > 1 else "".join(path.parent.name for path in self._sizes)
        )
        self._bar = click.progressbar(length=total, label=clean(label, 60), file=sys.stderr) if shown else None
        if self._bar:
            self._bar.render_progress()

    def __call__(self, file: Path, progress: SyncProgress) -> None:
        """Show the *progress* of *file*."""
        if self._bar is None:
            return
        with self._lock:
            before = self._at.get(file, 0)
            self._at[file] = max(before, min(progress.offset, self._sizes.get(file, 0)))
            self._bar.update(self._at[file] - before)

    def close(self) -> None:
        """Leave the line."""
        if self._bar:
            self._bar.render_finish()


def _show(results: list[dict[str, Any]], *, as_json: bool) -> None:
    from wandb_nb.sync.bulk.sync_runs import result_lines

    if as_json:
        echo_json(results)
        return
    if not results:
        click.echo("nothing to send: every run here is on the server", err=True)
    for result in results:
        first, *more = result_lines(result)
        click.echo(clean(first, LONGEST_LINE))
        for line in more:
            click.echo(clean(line, LONGEST_LINE), err=True)


def _clean(files: list[Path]) -> None:
    """Delete the directories of the runs among *files* that are on the server, whole, if the user says so."""
    from wandb_nb.sync.bulk.run_selection import is_removable

    folders = [file.parent for file in files if is_removable(file)]
    if folders and click.confirm(f"Delete {len(folders)} directories of runs that are on the server?", err=True):
        for folder in folders:
            shutil.rmtree(folder)


def _exit_code(results: list[dict[str, Any]]) -> int:
    """Return the code for what is worst: something not sent, then a damaged file, whose damage is one problem."""
    if any(
        result["state"] in ("failed", "refused", "waiting") or len(result["problems"]) > bool(result.get("damaged"))
        for result in results
    ):
        return UNSENT
    return DAMAGED if any(result.get("damaged") for result in results) else 0
