"""`server backup`, `restore`, `check` and `retention`: looking after a server's data."""

from __future__ import annotations

import shutil
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wandb_nb.errors import UsageError
from wandb_nb.formatting import clean, count_of

if TYPE_CHECKING:
    from wandb_nb.cli.server_commands import ServerData

_archive = click.argument("archive", type=click.Path(dir_okay=False, path_type=Path))
_UPLOAD_SECONDS = 3600.0
_DAMAGED = 3


@click.command()
@_archive
@click.pass_obj
def backup(data: ServerData, archive: Path) -> None:
    """Write all data of the server to the file ARCHIVE. The server may run meanwhile."""
    from wandb_nb.server.maintenance.backup import write_archive
    from wandb_nb.server.maintenance.missing_files import report_empty_store
    from wandb_nb.server.protocol.staged_uploads import add_staged

    with data.services(with_bucket=True) as services:
        add_staged(services)
        counts = write_archive(services.database, services.store, archive)
        failure = report_empty_store(services.database, services.store, data.file_place()) if counts.missing else ""
    click.echo(f"wrote {count_of(counts.rows, 'row')} and {count_of(counts.files, 'file')} to {archive}")
    if failure:
        click.echo(failure)
        sys.exit(_DAMAGED)
    if counts.missing:
        click.echo(f"deleted meanwhile, or missing: {count_of(counts.missing, 'file')}; run: wandb-nb server check")


@click.command()
@_archive
@click.pass_obj
def restore(data: ServerData, archive: Path) -> None:
    """Restore ARCHIVE into an empty data folder and database, which may be of the other kind.

    Users keep their keys; browsers have to log in again.
    """
    from wandb_nb.server.http.services import database_url, open_store
    from wandb_nb.server.maintenance.restore import read_archive
    from wandb_nb.server.process import server_lock
    from wandb_nb.server.storage.database import Database
    from wandb_nb.server.storage.schema_upgrade import upgrade_schema

    def check_space(size: int) -> None:
        free = shutil.disk_usage(data.folder).free
        if data.bucket() is None and size > free:
            raise UsageError(f"the archive has {size:,} bytes of files, and {data.folder} has {free:,} left; make room")

    url = database_url(data.folder, data.url())
    with server_lock(data.folder):
        upgrade_schema(url)
        database = Database(url)
        try:
            store, _ = open_store(data.folder, data.bucket())
            counts = read_archive(archive, database, store, check_space)
        finally:
            database.close()
    click.echo(f"restored {count_of(counts.rows, 'row')} and {count_of(counts.files, 'file')}")
    if counts.missing:
        missing = count_of(counts.missing, "file")
        click.echo(f"not in the archive: {missing}; versions of artifacts with these are left out")


@click.command()
@click.option("--quick", is_flag=True, help="Compare sizes only, without reading the files.")
@click.pass_obj
def check(data: ServerData, quick: bool) -> None:
    """Compare the database with the files: missing, of another size or digest, and surplus ones. Exit code 3 if any."""
    from wandb_nb.server.maintenance.file_check import check_files
    from wandb_nb.server.maintenance.missing_files import report_empty_store

    count = 0
    with data.services(with_bucket=True) as services:
        before = time.time() - _UPLOAD_SECONDS
        for problem in check_files(services.database, services.store, before, with_digests=not quick):
            click.echo(f"{problem.kind:<8} {clean(problem.name, 500)}")
            count += 1
        failure = report_empty_store(services.database, services.store, data.file_place())
    click.echo("\n".join(filter(None, (count_of(count, "problem"), failure))))
    if count:
        sys.exit(_DAMAGED)


@click.command()
@click.argument("project", required=False)
@click.option("--days", type=click.FloatRange(0, min_open=True), help="Delete runs that ended more days ago.")
@click.option("--runs", type=click.IntRange(0), help="Delete the oldest runs beyond this number.")
@click.option("--bytes", "size", type=click.IntRange(0), help="Delete the oldest runs while all take more bytes.")
@click.option("--off", is_flag=True, help="Remove the project's limits.")
@click.option("--apply", "is_applied", is_flag=True, help="Store the limits; the server deletes by them each hour.")
@click.pass_obj
def retention(  # noqa: PLR0917 -- one parameter per option
    data: ServerData,
    project: str | None,
    days: float | None,
    runs: int | None,
    size: int | None,
    off: bool,
    is_applied: bool,
) -> None:
    """List which runs of PROJECT these limits would delete; without PROJECT, the limits of all projects.

    Nothing changes without --apply. Artifacts stay, and so do runs that may be running.
    """
    from wandb_nb.server.maintenance.retention import Limits, expired_runs, project_named, set_limits

    limits = Limits(days, runs, size)
    has_limits = any(limit is not None for limit in limits)
    if project is None:
        if has_limits or off or is_applied:
            raise UsageError("limits need a PROJECT; give ENTITY/PROJECT")
        _list_limits(data)
        return
    if has_limits == off or (off and is_applied):
        raise UsageError("give at least one of --days, --runs and --bytes, or --off alone")
    with data.services(with_bucket=True) as services, services.database.write() as connection:
        project_id = project_named(connection, project)
        expired = expired_runs(connection, project_id, limits, time.time())
        if off or is_applied:
            set_limits(connection, project_id, limits)
    for run in expired:
        click.echo(f"{clean(run.name, 200)}  {count_of(run.size, 'byte')}  {run.reason}")
    total = sum(run.size for run in expired)
    end = "; the server deletes them within an hour" if is_applied else "; --apply stores these limits"
    summary = f"beyond these limits: {count_of(len(expired), 'run')} of {count_of(total, 'byte')}{end}"
    click.echo("the project has no limits" if off else summary)


def _list_limits(data: ServerData) -> None:
    from wandb_nb.server.maintenance.retention import list_limits

    with data.services(with_bucket=True) as services, services.database.read() as connection:
        for _, path, limits in list_limits(connection):
            units = (("day", limits.max_days), ("run", limits.max_runs), ("byte", limits.max_bytes))
            click.echo(f"{path}  {', '.join(count_of(limit, unit) for unit, limit in units if limit is not None)}")


MAINTENANCE = (backup, restore, check, retention)
