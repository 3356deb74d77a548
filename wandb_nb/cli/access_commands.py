"""`server users`, `projects` and `teams`: who may do what on a server."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from wandb_nb.errors import UsageError

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from wandb_nb.cli.server_commands import ServerData
    from wandb_nb.server.storage.users import Right

RIGHTS = ["none", "read", "write", "admin"]


@click.command()
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
    with data.connect() as connection:
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


@click.command()
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
    with data.connect() as connection:
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


@click.command()
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
    with data.connect() as connection:
        if name is None:
            for team in team_store.list_teams(connection):
                members = [(one.name, one.right) for one in team_store.list_team_members(connection, team)]
                click.echo(f"{team}  {_member_text(members)}".rstrip())
        elif user is not None and right is not None:
            team_store.set_team_right(connection, name, user, Right[right.upper()])
        else:
            team_store.add_team(connection, name)


def _change_team(data: ServerData, name: str, new: str | None, target: str | None, delete_projects: bool) -> None:
    """Rename a team, or delete it; the server's hourly cleaning deletes the files of deleted projects."""
    from wandb_nb.server.storage.accounts import team_changes

    with data.connect() as connection:
        if new is not None:
            team_changes.rename_team(connection, name, new)
            return
        if target is not None:
            team_changes.move_projects(connection, name, target)
        if delete_projects:
            team_changes.delete_projects(connection, name)
        team_changes.delete_team(connection, name)


def _member_text(rights: list[tuple[str, Right]]) -> str:
    return ", ".join(f"{name} {right.name.lower()}" for name, right in rights)


ACCESS = (users, projects, teams)
