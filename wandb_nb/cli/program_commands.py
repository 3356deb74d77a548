"""`run` and `install-command`: programs written for wandb."""

from __future__ import annotations

import click


@click.command(
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
    add_help_option=False,
    options_metavar="",
)
@click.argument("program", nargs=-1, type=click.UNPROCESSED, metavar="SCRIPT|-m MODULE [ARGS]...")
@click.pass_context
def run(context: click.Context, program: tuple[str, ...]) -> None:
    """Run a Python program with `import wandb` giving wandb_nb.

    What follows `run` is what would follow `python`: its options, a script or -m MODULE, and the program's arguments.
    The processes that the program starts import wandb_nb as wandb, too, and find the command `wandb`.
    """
    from wandb_nb.compat import launcher, wandb_command  # `wandb-nb --help` needs none of this

    if program and program[0] in context.find_root().help_option_names:
        click.echo(context.get_help())
        return
    if wandb_command.package_is_installed():
        click.echo("wandb_nb: import wandb gives wandb_nb; the installed wandb is not used", err=True)
    launcher.launch(program)


@click.command("install-command")
@click.option("--remove", is_flag=True, help="Remove the command again.")
def install_command(remove: bool) -> None:
    """Put a command `wandb` into this virtual environment, where the package wandb is not installed.

    It is `wandb-nb` under another name. A command of another package is never replaced.
    """
    from wandb_nb.compat import wandb_command

    if not remove:
        click.echo(f"installed {wandb_command.install()}")
        return
    path = wandb_command.uninstall()
    click.echo("there is no command wandb of wandb_nb here" if path is None else f"removed {path}")
