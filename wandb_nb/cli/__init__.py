"""The command line `wandb-nb`: list, show, export, verify, compare and sync the runs of this machine.

RUN is the path of a run directory or run file, a run's id, its name, or `latest`.

Exit codes: 0 success, 1 a file cannot be read, written or sent, 2 wrong usage or unknown run, 3 damaged files.
Errors are one line on stderr.
"""

from __future__ import annotations

import sys

import click

from wandb_nb._version import __version__
from wandb_nb.cli.access_commands import ACCESS
from wandb_nb.cli.account_commands import MODES, login, settings
from wandb_nb.cli.artifact_commands import artifact
from wandb_nb.cli.compare_commands import compare, diff
from wandb_nb.cli.data_commands import export, verify
from wandb_nb.cli.maintenance_commands import MAINTENANCE
from wandb_nb.cli.program_commands import install_command, run
from wandb_nb.cli.reproduce_command import reproduce
from wandb_nb.cli.run_commands import ls, rm, show
from wandb_nb.cli.server_commands import server
from wandb_nb.cli.shell_completion import completion_command
from wandb_nb.cli.sync_commands import status, sync
from wandb_nb.errors import Error, UsageError
from wandb_nb.formatting import clean

__all__ = ["group", "main"]

FAILED, USAGE_ERROR = 1, 2


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="wandb-nb")
def group() -> None:
    """List, show, export, verify, compare and sync tracked runs.

    RUN is the path of a run directory or run file, a run's id, its name, or `latest`.

    Exit codes: 0 success, 1 a file cannot be read, written or sent, 2 wrong usage or unknown run, 3 damaged files.
    """


for command in (ls, show, rm, diff, compare, reproduce, export, verify, login, server, sync, status, *MODES, settings):
    group.add_command(command)
for command in (*ACCESS, *MAINTENANCE):
    server.add_command(command)
group.add_command(artifact)
group.add_command(run)
group.add_command(install_command)
group.add_command(completion_command(lambda: group))


def main() -> None:
    """Run the command line and exit with its code."""
    try:
        group.main(prog_name="wandb-nb")
    except Error as error:
        click.echo(f"wandb-nb: {clean(error, 500)}", err=True)
        sys.exit(USAGE_ERROR if isinstance(error, UsageError) else FAILED)
