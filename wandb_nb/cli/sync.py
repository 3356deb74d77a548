"""`sync` and `status`: runs sent to a server, and how far that is."""

from __future__ import annotations

import shutil
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from wandb_nb.cli.output import echo_json, echo_table
from wandb_nb.errors import Error
from wandb_nb.view.text import clean

if TYPE_CHECKING:
    from wandb_nb.sync.cursor import Cursor
    from wandb_nb.sync.network import Network
    from wandb_nb.sync.upkeep import Target

UNSENT, DAMAGED = 1, 3
WATCH_EVERY_S = 2.0
ATTEMPTS = 5
"""At a command line somebody waits: what isn't sent after so many attempts stays for the next call."""


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
    """Send runs to the server: of this folder's wandb/, or those that PATHS name.

    What was sent before is not sent again; a broken upload goes on where it stopped. Exits with 1 where something
    was not sent, and with 3 where a file is damaged and all that can be read was sent.
    """
    from wandb_nb.sync.pick import pick

    if options["run_id"] and len(pick(paths, include_synced=True)) > 1:
        raise click.UsageError("--id needs the path of one run")
    files = pick(paths, include_synced=options["include_synced"])
    if options["dry_run"]:
        _show([{"path": str(file.parent), "state": "would be sent"} for file in files], as_json=options["as_json"])
        return
    results = _send_all(files, options)
    while options["watch"]:
        time.sleep(WATCH_EVERY_S)
        results = _send_all(pick(paths, include_synced=False), options)
    _show(results, as_json=options["as_json"])
    if options["clean"]:
        _clean([Path(result["path"]) for result in results if result["state"] == "done"])
    sys.exit(_exit_code(results))


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def status(as_json: bool) -> None:
    """List the runs that are being sent, or wait for it: what the server has, and what is pending."""
    from wandb_nb.sync.status import listed

    found = listed()
    if as_json:
        echo_json(found)
    elif found:
        rows = [
            (run["state"], run["project"], run["name"], run["rows"], _bytes(run["pending_bytes"]), run["message"])
            for run in found
        ]
        echo_table(("STATE", "PROJECT", "NAME", "ROWS SENT", "PENDING", "NOTE"), rows)
    else:
        click.echo("no run of this machine is being sent or waits for it", err=True)


def _send_all(files: list[Path], options: dict[str, Any]) -> list[dict[str, Any]]:
    from wandb_nb.settings import resolve
    from wandb_nb.sync.network import Network
    from wandb_nb.sync.upkeep import Target

    if not files:
        return []
    network = Network.of(resolve({"project": None})).impatient(ATTEMPTS)
    target = Target(
        run_id=options["run_id"],
        project=options["project"],
        entity=options["entity"],
        append=options["append"],
        again=options["include_synced"],
        mark=options["mark_synced"],
    )
    return [_send(file, network, target, as_json=options["as_json"]) for file in files]


def _send(file: Path, network: Network, target: Target, *, as_json: bool) -> dict[str, Any]:
    from wandb_nb.sync.sender import RunSender
    from wandb_nb.sync.transport import connect

    bar = None if as_json else _Bar(file)
    try:
        sender = RunSender(file, network, connect(network), threading.Event(), target=target, progress=bar)
        cursor = sender.send(follow=False)
    except (Error, OSError) as error:
        return {"path": str(file.parent), "state": "failed", "message": str(error), "problems": []}
    finally:
        if bar is not None:
            bar.close()
    return {"path": str(file.parent), **_told(cursor)}


def _told(cursor: Cursor) -> dict[str, Any]:
    keys = ("state", "entity", "project", "run", "name", "rows", "url", "message", "problems", "damaged")
    return {key: getattr(cursor, key) for key in keys}


class _Bar:
    """A progress bar of one run, by bytes of its file, on stderr where that is a terminal."""

    def __init__(self, file: Path) -> None:
        self._length = file.stat().st_size
        self._bar = click.progressbar(length=self._length, label=clean(file.parent.name, 60), file=sys.stderr)
        self._shown = sys.stderr.isatty()
        if self._shown:
            self._bar.render_progress()

    def __call__(self, cursor: Cursor) -> None:
        if self._shown:
            self._bar.update(max(0, min(cursor.offset, self._length) - self._bar.pos))

    def close(self) -> None:
        if self._shown:
            self._bar.render_finish()


def _show(results: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        echo_json(results)
        return
    if not results:
        click.echo("nothing to send: every run here is on the server", err=True)
    for result in results:
        note = result.get("url") or result.get("message") or ""
        rows = f", {result['rows']} rows" if "rows" in result else ""
        click.echo(clean(f"{result['state']}: {result['path']}{rows} {note}".rstrip(), 1000))
        for problem in result.get("problems", ()):
            click.echo(clean(f"  {problem}", 1000), err=True)
        if result["state"] not in ("done", "would be sent") and result.get("url"):
            click.echo(clean(f"  {result['message'] or 'the run goes on'}", 1000), err=True)


def _clean(folders: list[Path]) -> None:
    if folders and click.confirm(f"Delete {len(folders)} directories of runs that are on the server?", err=True):
        for folder in folders:
            shutil.rmtree(folder)


def _exit_code(results: list[dict[str, Any]]) -> int:
    if any(result["state"] in ("failed", "refused", "waiting") for result in results):
        return UNSENT
    return DAMAGED if any(result.get("damaged") for result in results) else 0


def _bytes(count: int) -> str:
    size = float(count)
    for unit in ("B", "kB", "MB"):
        if size < 1000:  # noqa: PLR2004 - units are thousands
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
