"""`login`, `online`, `offline`, `disabled` and `settings`: the account and settings of the next runs."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from wandb_nb.cli.output import dumps, echo_json, echo_table
from wandb_nb.cli.server_commands import store_local_key
from wandb_nb.formatting import clean

NO_KEY = 1


@click.command()
@click.argument("key", required=False)
@click.option("--host", help="Address of the server; stored for later runs.")
@click.option("--relogin", is_flag=True, help="Ask for a key even if there is one.")
@click.option("--timeout", type=click.FloatRange(min=0), help="Seconds to wait at the prompt.")
@click.option("--verify", is_flag=True, help="Check the key with the server before storing it.")
@click.option("--local", is_flag=True, help="Store the key of this machine's `wandb-nb server`.")
@click.option("--dir", "folder", type=click.Path(file_okay=False, path_type=Path), help="Data folder of that server.")
def login(  # noqa: PLR0917 -- one parameter per option
    key: str | None,
    host: str | None,
    relogin: bool,
    timeout: float | None,
    verify: bool,
    local: bool,
    folder: Path | None,
) -> None:
    """Store an API key: KEY, or the one typed at a hidden prompt.

    KEY may remain in the shell's history; "-" reads it from stdin. Exits with 1 if there is no key and no prompt is
    possible.
    """
    from wandb_nb.tracking.login.login import login as log_in  # `wandb-nb --help` needs none of this

    if local:
        store_local_key(folder)
        return
    text = sys.stdin.readline().strip() if key == "-" else key
    if not log_in(text, host=host, relogin=relogin, timeout=timeout, verify=verify):
        sys.exit(NO_KEY)


def _mode_command(mode: str, doc: str) -> click.Command:
    def set_mode() -> None:
        from wandb_nb.settings import resolve, save, workspace_file

        settings = resolve({})
        file = workspace_file(Path(settings.root_dir)).absolute()
        save(file, {"mode": mode})
        click.echo(f"runs of {clean(str(file.parent.parent), 500)} are {mode} from now on ({clean(str(file), 500)})")
        if os.environ.get("WANDB_MODE", mode) != mode:
            click.echo(f"WANDB_MODE is set to another mode here and takes precedence; unset it to use {mode}", err=True)

    return click.command(mode, help=doc)(set_mode)


MODES = (
    _mode_command("online", "Send the runs of this folder to the server while they run."),
    _mode_command("offline", "Keep the runs of this folder on this machine."),
    _mode_command("disabled", "Store nothing for the runs of this folder."),
)


@click.command()
@click.option("--all", "with_defaults", is_flag=True, help="Include settings that have their default.")
@click.option("--json", "as_json", is_flag=True, help="Print all settings as JSON.")
def settings(with_defaults: bool, as_json: bool) -> None:
    """Show the settings of a run started here and the source of each. Secrets are hidden."""
    from wandb_nb.settings import resolve

    resolved = resolve({})
    table = resolved.table()
    if as_json:
        echo_json({row.name: {"value": _without_paths(row.value), "source": row.source} for row in table})
        return
    rows = [row for row in table if with_defaults or row.source != "default"]
    if rows:
        values = [row.value if isinstance(row.value, str) else dumps(_without_paths(row.value)) for row in rows]
        echo_table(
            ("SETTING", "VALUE", "SOURCE"),
            [(row.name, value, row.source) for row, value in zip(rows, values, strict=True)],
        )
    else:
        click.echo("every setting has its default; `wandb-nb settings --all` lists them", err=True)
    for name in resolved.ignored:
        click.echo(f"unknown setting ignored: {clean(name, 200)}", err=True)


def _without_paths(value: object) -> object:
    """Return *value* with paths as strings."""
    if isinstance(value, (tuple, list)):
        return [_without_paths(each) for each in value]
    if isinstance(value, dict):
        return {str(key): _without_paths(each) for key, each in value.items()}
    return value if value is None or isinstance(value, (bool, int, float, str)) else str(value)
