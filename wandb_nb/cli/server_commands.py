"""`server`: the embedded server, its logins, its alerts and its tables."""

from __future__ import annotations

import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click
from click.core import ParameterSource

from wandb_nb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy import URL, Connection

    from wandb_nb.server.http.services import Services
    from wandb_nb.server.storage.files.s3_address import S3Address

DEFAULT_PORT = 8090

_folder = click.option(
    "--dir",
    "folder",
    envvar="WANDB_NB_SERVER_DIR",
    show_envvar=True,
    type=click.Path(file_okay=False, path_type=Path),
    help="Data folder of the server.",
)


class ServerData(NamedTuple):
    """Where a server's data is: its folder, and the addresses of its PostgreSQL database and its bucket, if any."""

    folder: Path
    database: str | None
    is_public: bool
    """Whether others can read the address, because it is an argument of the process."""
    files: str | None = None
    endpoint: str | None = None
    path_style: bool = False

    def url(self) -> URL | None:
        """Return the checked address of the database; None for the one in the folder.

        Raises:
            UsageError: It is not valid.

        """
        if self.database is None:
            return None
        from wandb_nb.server.storage.engine.database_address import parse_address

        return parse_address(self.database, is_public=self.is_public)

    def bucket(self) -> S3Address | None:
        """Return the checked address of the bucket for files; None if they are in the folder.

        Raises:
            UsageError: It is not valid.

        """
        if self.files is None:
            return None
        from wandb_nb.server.storage.files.s3_address import parse_s3_address

        return parse_s3_address(self.files, self.endpoint, path_style=self.path_style)

    def file_place(self) -> Path | S3Address:
        """Return where the uploaded files are."""
        return self.bucket() or self.folder / "files"

    @contextmanager
    def services(self, *, with_bucket: bool = False) -> Iterator[Services]:
        """Yield the parts of the server; its files are those in the folder unless *with_bucket*."""
        from wandb_nb.server.http.services import open_services

        services = open_services(self.folder, self.url(), bucket=self.bucket() if with_bucket else None)
        try:
            yield services
        finally:
            services.database.close()

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """Yield a connection whose changes are stored at the end."""
        with self.services() as services, services.database.write() as connection:
            yield connection


@click.group(invoke_without_command=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=DEFAULT_PORT,
    show_default=True,
    type=click.IntRange(0, 65535),
    help="Port to listen on; 0 takes any free one.",
)
@_folder
@click.option(
    "--database",
    envvar="WANDB_NB_SERVER_DATABASE",
    show_envvar=True,
    metavar="URL",
    help="postgresql://USER@HOST/DATABASE instead of SQLite in the data folder.",
)
@click.option(
    "--workers",
    default=1,
    show_default=True,
    type=click.IntRange(1, 64),
    help="Number of server processes; several need PostgreSQL.",
)
@click.option(
    "--files",
    envvar="WANDB_NB_SERVER_FILES",
    show_envvar=True,
    metavar="URL",
    help="s3://BUCKET/PREFIX for uploaded files instead of the data folder.",
)
@click.option(
    "--files-endpoint",
    "endpoint",
    envvar="WANDB_NB_SERVER_FILES_ENDPOINT",
    show_envvar=True,
    metavar="URL",
    help="Address of a store that speaks S3, if it is not Amazon's.",
)
@click.option(
    "--files-path-style",
    "path_style",
    envvar="WANDB_NB_SERVER_FILES_PATH_STYLE",
    show_envvar=True,
    is_flag=True,
    help="Write the bucket into the path of addresses, not into the host name.",
)
@click.option("--open", "open_browser", is_flag=True, help="Open the pages in the browser.")
@click.option("--anonymous", is_flag=True, help="Give anonymous accounts to programs without a key.")
@click.option("--log-requests", is_flag=True, help="Write a line of JSON for each request to standard error.")
@click.option("--name", "names", multiple=True, help="Host name to answer to; may be repeated.")
@click.option("--stop", is_flag=True, help="Stop the server on the data folder, and list what still points to it.")
@click.pass_context
def server(  # noqa: PLR0917 -- one parameter per option
    context: click.Context,
    host: str,
    port: int,
    folder: Path | None,
    database: str | None,
    workers: int,
    files: str | None,
    endpoint: str | None,
    path_style: bool,
    open_browser: bool,
    anonymous: bool,
    log_requests: bool,
    names: tuple[str, ...],
    stop: bool,
) -> None:
    """Run a server on this machine: W&B's protocol and web pages."""
    is_public = context.get_parameter_source("database") is ParameterSource.COMMANDLINE
    data = context.obj = ServerData(
        folder or default_folder(), database or None, is_public, files or None, endpoint or None, path_style
    )
    if context.invoked_subcommand is not None:
        return
    if stop:
        _stop(data.folder)
        return
    try:
        from wandb_nb.server.serve import serve
    except ImportError as error:
        raise UsageError(
            f'the server needs the package {error.name}, which is not installed; run: pip install "wandb-nb[server]"'
        ) from error
    serve(
        data.folder,
        host,
        port,
        names,
        open_browser,
        anonymous,
        log_requests,
        click.echo,
        data.url(),
        workers,
        data.bucket(),
    )


def _stop(folder: Path) -> None:
    from wandb_nb.server import process
    from wandb_nb.sync.bulk.server_references import stop_lines

    if process.pid_of(folder) is None:
        raise UsageError(f"no server is running in {folder}; --dir selects another data folder")
    url = process.url_of(folder)
    process.stop(folder)
    click.echo("\n".join(stop_lines(url)))


@server.command()
@click.option("--user", default="local", show_default=True, help="User to log in as.")
@click.pass_obj
def login_link(data: ServerData, user: str) -> None:
    """Print a link that logs a browser in at the running server: once, within 10 minutes, without the key."""
    from wandb_nb.server.login_links import new_link
    from wandb_nb.server.process import pid_of
    from wandb_nb.server.storage.users import user_by_name

    if pid_of(data.folder) is None:
        raise UsageError(f"no server is running in {data.folder}; start it with `wandb-nb server`")
    with data.connect() as connection:
        if user_by_name(connection, user) is None:
            raise UsageError(f"there is no user {user!r} on this server; `wandb-nb server users` lists them")
    click.echo(new_link(data.folder, user))


@server.command()
@click.argument("project")
@click.option("--webhook", metavar="URL", help="Send alerts there as JSON; prints the secret that signs them.")
@click.option("--slack", metavar="URL", help="Send alerts to an incoming webhook of Slack.")
@click.option("--email", metavar="ADDRESS", help="Send alerts by e-mail.")
@click.option("--remove", type=int, metavar="NUMBER", help="Send no more alerts to the address with that number.")
@click.pass_obj
def alerts(data: ServerData, /, project: str, remove: int | None, **addresses: str | None) -> None:
    """Choose where alerts of PROJECT, written entity/project, are sent. Without options, list the addresses."""
    from wandb_nb.server.storage.alerts import alert_targets
    from wandb_nb.server.storage.users import project_id_of

    entity, _, name = project.rpartition("/")
    with data.connect() as connection:
        project_id = project_id_of(connection, entity, name)
        for kind, address in addresses.items():
            if address is not None and (secret := alert_targets.add_target(connection, project_id, kind, address)):
                click.echo(secret)
        if remove is not None:
            alert_targets.remove_target(connection, project_id, remove)
        if remove is None and not any(addresses.values()):
            for target in alert_targets.list_targets(connection, project_id):
                error = f"  last attempt: {target.error}" if target.error else ""
                click.echo(f"{target.id}  {target.kind}  {alert_targets.public_text(target)}{error}")


@server.command()
@click.pass_obj
def migrate(data: ServerData) -> None:
    """Create or upgrade the tables of the database. SQLite's are also upgraded when the server starts."""
    from wandb_nb.server.http.services import database_url
    from wandb_nb.server.storage.schema_upgrade import LATEST, upgrade_schema

    is_upgraded = upgrade_schema(database_url(data.folder, data.url()))
    click.echo(f"{'upgraded the tables to' if is_upgraded else 'the tables already have'} revision {LATEST}")


def store_local_key(folder: Path | None) -> None:
    """Store the local server's key in the netrc file. Runs go there only with its address as base_url."""
    from wandb_nb.server.process import store_key

    url, stored = store_key(folder or default_folder())
    click.echo(f"stored the key for {url} in {stored}; send runs there with WANDB_BASE_URL={url}", file=sys.stdout)


def default_folder() -> Path:
    """Return the server's default data folder."""
    from wandb_nb.server import process

    return process.default_folder()
