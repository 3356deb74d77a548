"""`diff` and `compare`: the differences between runs of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from wandb_nb.cli.output import ascii_only, echo_json
from wandb_nb.cli.shell_completion import complete_group, complete_metric, complete_project, complete_run

if TYPE_CHECKING:
    from wandb_nb.compare.comparison import Comparison


@click.command()
@click.argument("first", metavar="A", shell_complete=complete_run)
@click.argument("second", metavar="B", shell_complete=complete_run)
@click.argument("keys", nargs=-1, metavar="[KEY]...", shell_complete=complete_metric)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def diff(first: str, second: str, keys: tuple[str, ...], as_json: bool) -> None:
    """Show the differences between two runs: config, summary, curves, code, Git and packages.

    A and B are paths, ids, names, `latest`, or `latest~1` for the run before it. KEYs limit the metrics.
    """
    from wandb_nb.compare import run_choice  # numpy takes long to import

    _show(run_choice.compare_pair(first, second, keys), as_json=as_json)


@click.command()
@click.argument("keys", nargs=-1, metavar="[KEY]...", shell_complete=complete_metric)
@click.option("--last", type=click.IntRange(min=2), default=5, show_default=True, help="Number of runs.")
@click.option("--group", help="Only runs of this group.", shell_complete=complete_group)
@click.option(
    "--project",
    help="Only runs of this project; by default the project of the newest run.",
    shell_complete=complete_project,
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def compare(keys: tuple[str, ...], last: int, group: str | None, project: str | None, as_json: bool) -> None:
    """Show the newest runs of a project side by side. KEYs limit the metrics."""
    from wandb_nb.compare import run_choice

    _show(run_choice.compare_entries(run_choice.newest_runs(last, group=group, project=project), keys), as_json=as_json)


def _show(comparison: Comparison, *, as_json: bool) -> None:
    if as_json:
        echo_json(_as_json(comparison))
        return
    from wandb_nb.compare import comparison_text

    click.echo("\n".join(comparison_text.lines(comparison, ascii_only=ascii_only())))


def _as_json(comparison: Comparison) -> dict[str, Any]:
    """Return the runs and all tables with unformatted values; a run without a key has no entry for it."""
    tables = {name: getattr(comparison, name) for name in ("config", "summary", "media", "git", "packages")}
    return {
        "runs": [one.run for one in comparison.inputs],
        **{name: [row.values_of(comparison.labels) for row in rows] for name, rows in tables.items()},
        "code": [change.header() for change in comparison.code],
    }
