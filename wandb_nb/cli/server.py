"""`server`: the embedded server, and a key for it."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from wandb_nb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from contextlib import AbstractContextManager

    from sqlalchemy import Connection

PORT = 8090
LEVELS = ["none", "read", "write", "admin"]

_folder = click.option(
    "--dir", "folder", type=click.Path(file_okay=False, path_type=Path), help="Where the server keeps its data."
)


@click.group(invoke_without_command=True)
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen at.")
@click.option("--port", default=PORT, show_default=True, type=click.IntRange(0, 65535), help="0 takes any free one.")
@_folder
@click.option("--open", "open_browser", is_flag=True, help="Show it in the browser.")
@click.option("--name", "names", multiple=True, help="A host name that it answers to; may be given several times.")
@click.pass_context
def server(  # noqa: PLR0917 - one parameter an option
    context: click.Context, host: str, port: int, folder: Path | None, open_browser: bool, names: tuple[str, ...]
) -> None:
    """Serve runs on this machine: W&B's protocol, and pages to look at."""
    context.obj = folder or default_folder()
    if context.invoked_subcommand is not None:
        return
    try:
        from wandb_nb.server.serve import serve
    except ImportError as error:
        raise UsageError(
            f'The server needs the package {error.name}, which is not installed: pip install "wandb-nb[server]"'
        ) from error
    serve(context.obj, host, port, names, open_browser, tell=lambda line: click.echo(line, err=False))


@server.command()
@click.argument("name")
@click.option("--admin", is_flag=True, help="The user may do everything on this server.")
@click.pass_obj
def users(folder: Path, name: str, admin: bool) -> None:
    """Add the user NAME and print the new key, once: the server keeps its hash only."""
    from sqlalchemy.exc import IntegrityError

    from wandb_nb.server.names import checked
    from wandb_nb.server.users import add_user, new_key

    key = new_key()
    try:
        with _writing(folder) as connection:
            add_user(connection, checked(name, "user"), key, admin)
    except IntegrityError as error:
        raise UsageError(f"There is a user {name!r} already.") from error
    click.echo(key)


@server.command()
@click.argument("project")
@click.option("--user", help="Whose right to set.")
@click.option("--right", type=click.Choice(LEVELS), help="What the user may do with the project.")
@click.option("--open/--private", "is_open", default=None, help="Whether every user of the server may read it.")
@click.pass_obj
def projects(folder: Path, project: str, user: str | None, right: str | None, is_open: bool | None) -> None:
    """Say who may do what with PROJECT, written entity/project."""
    from wandb_nb.server.users import Right, set_open, set_right

    if (user is None) != (right is None):
        raise UsageError("--user and --right belong together.")
    entity, _, name = project.rpartition("/")
    with _writing(folder) as connection:
        if user is not None and right is not None:
            set_right(connection, entity, name, user, Right[right.upper()])
        if is_open is not None:
            set_open(connection, entity, name, is_open)


def login_locally(folder: Path | None) -> None:
    """Store the local server's key in the netrc file. No run goes to that server until it is told to."""
    from wandb_nb.server.background import store_key

    url, stored = store_key(folder or default_folder())
    click.echo(f"The key for {url} is stored in {stored}. Runs go there with WANDB_BASE_URL={url}", file=sys.stdout)


def default_folder() -> Path:
    """Return where the server keeps its data unless told otherwise."""
    from wandb_nb.server import background

    return background.default_folder()


def _writing(folder: Path) -> AbstractContextManager[Connection]:
    from contextlib import contextmanager

    from wandb_nb.server.services import open_services

    @contextmanager
    def opened() -> Iterator[Connection]:
        services = open_services(folder)
        try:
            with services.database.write() as connection:
                yield connection
        finally:
            services.database.close()

    return opened()
