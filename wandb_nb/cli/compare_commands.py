"""`diff` and `compare`: what runs of this machine differ in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from wandb_nb.cli.output import ascii_only, echo_json

if TYPE_CHECKING:
    from wandb_nb.compare.comparison import Comparison


@click.command()
@click.argument("first", metavar="A")
@click.argument("second", metavar="B")
@click.argument("keys", nargs=-1, metavar="[KEY]...")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def diff(first: str, second: str, keys: tuple[str, ...], as_json: bool) -> None:
    """Show what two runs differ in: config, summary, curves, code, git and packages.

    A and B are paths, ids, names, `latest`, or `latest~1` for the run before that. With KEYs only those metrics.
    """
    from wandb_nb.compare import run_choice  # numpy takes long to import

    _show(run_choice.diff(first, second, keys), as_json=as_json)


@click.command()
@click.argument("keys", nargs=-1, metavar="[KEY]...")
@click.option("--last", type=click.IntRange(min=2), default=5, show_default=True, help="How many runs.")
@click.option("--group", help="Only runs of this group.")
@click.option("--project", help="Only runs of this project; by default the newest run's.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def compare(keys: tuple[str, ...], last: int, group: str | None, project: str | None, as_json: bool) -> None:
    """Show the newest runs of a project side by side. With KEYs only those metrics."""
    from wandb_nb.compare import run_choice

    _show(run_choice.several(run_choice.newest(last, group=group, project=project), keys), as_json=as_json)


def _show(comparison: Comparison, *, as_json: bool) -> None:
    if as_json:
        echo_json(_facts(comparison))
        return
    from wandb_nb.compare import comparison_text

    click.echo("\n".join(comparison_text.lines(comparison, ascii_only=ascii_only())))


def _facts(comparison: Comparison) -> dict[str, Any]:
    """Return the runs, and all tables with their values as they are; a key that a run lacks is absent in it."""
    tables = {name: getattr(comparison, name) for name in ("config", "summary", "git", "packages")}
    return {
        "runs": [subject.run for subject in comparison.subjects],
        **{name: [row.values_of(comparison.labels) for row in rows] for name, rows in tables.items()},
        "code": [change.facts() for change in comparison.code],
    }
