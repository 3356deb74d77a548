"""`login`, the mode of a folder, and `settings`: what the next runs will use."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from wandb_nb.cli.output import dumps, echo_json, echo_table
from wandb_nb.cli.server_commands import login_locally
from wandb_nb.formatting import clean

NO_KEY = 1


@click.command()
@click.argument("key", required=False)
@click.option("--host", help="Address of the server; it is kept for later runs.")
@click.option("--relogin", is_flag=True, help="Ask for a key even if there is one.")
@click.option("--timeout", type=click.FloatRange(min=0), help="Seconds to wait for a key to be typed.")
@click.option("--verify", is_flag=True, help="Ask the server whose key it is before it is stored.")
@click.option("--local", is_flag=True, help="Store the key of this machine's `wandb-nb server`.")
@click.option("--dir", "folder", type=click.Path(file_okay=False, path_type=Path), help="Where that server's data is.")
def login(  # noqa: PLR0917 - one parameter an option
    key: str | None,
    host: str | None,
    relogin: bool,
    timeout: float | None,
    verify: bool,
    local: bool,
    folder: Path | None,
) -> None:
    """Store the key of an account: KEY, or what is typed at a hidden prompt.

    A key given as KEY may stay in the shell's history; "-" reads it from stdin. Exits with 1 where there is no key
    and nobody can be asked.
    """
    from wandb_nb.tracking.login.login import login as log_in  # `wandb-nb --help` needs none of this

    if local:
        login_locally(folder)
        return
    given = sys.stdin.readline().strip() if key == "-" else key
    if not log_in(given, host=host, relogin=relogin, timeout=timeout, verify=verify):
        sys.exit(NO_KEY)


def _mode_command(mode: str, doc: str) -> click.Command:
    def keep() -> None:
        from wandb_nb.settings import resolve, save, workspace_file

        settings = resolve({})
        file = workspace_file(Path(settings.root_dir)).absolute()
        save(file, {"mode": mode})
        click.echo(f"runs of {clean(str(file.parent.parent), 500)} are {mode} from now on ({clean(str(file), 500)})")
        if os.environ.get("WANDB_MODE", mode) != mode:
            click.echo("WANDB_MODE is set to something else here, and wins", err=True)

    return click.command(mode, help=doc)(keep)


MODES = (
    _mode_command("online", "Send the runs of this folder as they go."),
    _mode_command("offline", "Keep the runs of this folder on this machine."),
    _mode_command("disabled", "Have runs of this folder store nothing."),
)


@click.command()
@click.option("--all", "with_defaults", is_flag=True, help="Also settings that nobody set.")
@click.option("--json", "as_json", is_flag=True, help="Print all settings as JSON.")
def settings(with_defaults: bool, as_json: bool) -> None:
    """Show the settings that a run started here would have, and where each comes from. Secrets stay hidden."""
    from wandb_nb.settings import resolve

    resolved = resolve({})
    table = resolved.table()
    if as_json:
        echo_json({row.name: {"value": _plain(row.value), "source": row.source} for row in table})
        return
    rows = [row for row in table if with_defaults or row.source != "default"]
    if rows:
        values = [row.value if isinstance(row.value, str) else dumps(_plain(row.value)) for row in rows]
        echo_table(
            ("SETTING", "VALUE", "SOURCE"),
            [(row.name, value, row.source) for row, value in zip(rows, values, strict=True)],
        )
    else:
        click.echo("nothing is set: every setting has its default (wandb-nb settings --all)", err=True)
    for name in resolved.ignored:
        click.echo(f"no such setting: {clean(name, 200)}", err=True)


def _plain(value: object) -> object:
    """Return *value* with paths as texts."""
    if isinstance(value, (tuple, list)):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)
