"""`server`: the embedded server, its users and the rights in its projects."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click
from click.core import ParameterSource

from wandb_nb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from sqlalchemy import URL, Connection

    from wandb_nb.server.storage.files.s3_address import S3Address
    from wandb_nb.server.storage.users import Right

DEFAULT_PORT = 8090
RIGHTS = ["none", "read", "write", "admin"]

_folder = click.option(
    "--dir", "folder", type=click.Path(file_okay=False, path_type=Path), help="Data folder of the server."
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
@click.argument("name", required=False)
@click.option("--admin", is_flag=True, help="Give the user all rights on this server.")
@click.option("--new-key", "renew", is_flag=True, help="Replace the user's key; ends existing logins.")
@click.option("--revoke", is_flag=True, help="Revoke the user's key; the runs remain.")
@click.pass_obj
def users(data: ServerData, name: str | None, admin: bool, renew: bool, revoke: bool) -> None:
    """Add the user NAME and print the new key. It is not shown again. Without NAME, list the users."""
    from wandb_nb.server.storage.accounts.api_keys import new_key
    from wandb_nb.server.storage.users import list_users, set_key

    if admin + renew + revoke > (name is not None):
        raise UsageError(
            "--admin, --new-key and --revoke need the NAME of a user and exclude each other; give one of them"
        )
    with _connect(data) as connection:
        if name is None:
            for row in list_users(connection):
                click.echo(f"{row.name}{'  admin' if row.admin else ''}")
            return
        key = new_key()
        if renew or revoke:
            set_key(connection, name, key)
        else:
            _add_user(connection, name, key, admin)
    if not revoke:
        click.echo(key)


def _add_user(connection: Connection, name: str, key: str, admin: bool) -> None:
    from sqlalchemy.exc import IntegrityError

    from wandb_nb.server.storage.server_ids import check_name
    from wandb_nb.server.storage.users import ANONYMOUS_PREFIX, add_user

    if name.startswith(ANONYMOUS_PREFIX):
        raise UsageError(f"names that begin with {ANONYMOUS_PREFIX!r} are for anonymous accounts; choose another one")
    try:
        add_user(connection, check_name(name, "user"), key, admin)
    except IntegrityError as error:
        raise UsageError(
            f"a user or team {name!r} exists already; choose another name, or give the user a new key with --new-key"
        ) from error


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
    with _connect(data) as connection:
        if user_by_name(connection, user) is None:
            raise UsageError(f"there is no user {user!r} on this server; `wandb-nb server users` lists them")
    click.echo(new_link(data.folder, user))


@server.command()
@click.argument("project", required=False)
@click.option("--user", help="User whose right to set.")
@click.option("--right", type=click.Choice(RIGHTS), help="Right of the user in the project.")
@click.option(
    "--open/--private", "is_open", default=None, help="Whether every user of the server may read the project."
)
@click.pass_obj
def projects(data: ServerData, project: str | None, user: str | None, right: str | None, is_open: bool | None) -> None:
    """Set rights in PROJECT, written entity/project. Without PROJECT, list all projects with their rights."""
    from wandb_nb.server.storage.users import Right, set_open, set_right

    if (user is None) != (right is None):
        raise UsageError("--user and --right need each other; give both")
    with _connect(data) as connection:
        if project is None:
            _list_projects(connection)
            return
        entity, _, name = project.rpartition("/")
        if user is not None and right is not None:
            set_right(connection, entity, name, user, Right[right.upper()])
        if is_open is not None:
            set_open(connection, entity, name, is_open)


def _list_projects(connection: Connection) -> None:
    from sqlalchemy import select

    from wandb_nb.server.storage.tables import projects as table
    from wandb_nb.server.storage.users import list_members

    for row in connection.execute(select(table).order_by(table.c.entity, table.c.name)).all():
        rights = _member_text(list_members(connection, row.id))
        access = "open" if row.open else "private"
        click.echo(f"{row.entity}/{row.name}  {access}{'  ' if rights else ''}{rights}")


@server.command()
@click.argument("name", required=False)
@click.option("--user", help="User whose right to set.")
@click.option("--right", type=click.Choice(RIGHTS), help="Right of the user in all projects of the team.")
@click.option("--rename", metavar="NEW", help="Rename the team; its old name and links continue to work.")
@click.option("--delete", "is_deleted", is_flag=True, help="Delete the team.")
@click.option("--move-projects", "target", metavar="ENTITY", help="With --delete: move its projects to a user or team.")
@click.option("--delete-projects", is_flag=True, help="With --delete: delete its projects with all runs and artifacts.")
@click.pass_obj
def teams(  # noqa: PLR0917 -- one parameter per option
    data: ServerData,
    name: str | None,
    user: str | None,
    right: str | None,
    rename: str | None,
    is_deleted: bool,
    target: str | None,
    delete_projects: bool,
) -> None:
    """Add the team NAME, set the right of a member, rename or delete it. Without NAME, list teams and members."""
    from wandb_nb.server.storage.accounts import teams as team_store
    from wandb_nb.server.storage.users import Right

    if (user is None) != (right is None) or (user is not None and name is None):
        raise UsageError("--user and --right need each other and the NAME of a team; give all of them")
    if (target is not None or delete_projects) and (not is_deleted or (target is not None and delete_projects)):
        raise UsageError("--move-projects and --delete-projects belong to --delete, one of them at a time")
    if (rename is not None or is_deleted) and (name is None or user is not None or (rename is not None and is_deleted)):
        raise UsageError("--rename and --delete need the NAME of a team and no other change; give one of them")
    if name is not None and (rename is not None or is_deleted):
        _change_team(data, name, rename, target, delete_projects)
        return
    with _connect(data) as connection:
        if name is None:
            for team in team_store.list_teams(connection):
                click.echo(f"{team}  {_member_text(team_store.list_team_members(connection, team))}".rstrip())
        elif user is not None and right is not None:
            team_store.set_team_right(connection, name, user, Right[right.upper()])
        else:
            team_store.add_team(connection, name)


def _change_team(data: ServerData, name: str, new: str | None, target: str | None, delete_projects: bool) -> None:
    """Rename a team, or delete it; the server's hourly cleaning deletes the files of deleted projects."""
    from wandb_nb.server.storage.accounts import team_changes

    with _connect(data) as connection:
        if new is not None:
            team_changes.rename_team(connection, name, new)
            return
        if target is not None:
            team_changes.move_projects(connection, name, target)
        if delete_projects:
            team_changes.delete_projects(connection, name)
        team_changes.delete_team(connection, name)


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
    with _connect(data) as connection:
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


def _member_text(rights: list[tuple[str, Right]]) -> str:
    return ", ".join(f"{name} {right.name.lower()}" for name, right in rights)


@server.command()
@click.pass_obj
def migrate(data: ServerData) -> None:
    """Create or upgrade the tables of the database. SQLite's are also upgraded when the server starts."""
    from wandb_nb.server.http.services import database_url
    from wandb_nb.server.storage.schema_upgrade import LATEST, upgrade_schema

    state = "upgraded to" if upgrade_schema(database_url(data.folder, data.url())) else "already have"
    click.echo(f"the tables {state} revision {LATEST}")


def store_local_key(folder: Path | None) -> None:
    """Store the local server's key in the netrc file. Runs go there only with its address as base_url."""
    from wandb_nb.server.process import store_key

    url, stored = store_key(folder or default_folder())
    click.echo(f"stored the key for {url} in {stored}; send runs there with WANDB_BASE_URL={url}", file=sys.stdout)


def default_folder() -> Path:
    """Return the server's default data folder."""
    from wandb_nb.server import process

    return process.default_folder()


def _connect(data: ServerData) -> AbstractContextManager[Connection]:
    from contextlib import contextmanager

    from wandb_nb.server.http.services import open_services

    @contextmanager
    def opened() -> Iterator[Connection]:
        services = open_services(data.folder, data.url())
        try:
            with services.database.write() as connection:
                yield connection
        finally:
            services.database.close()

    return opened()
