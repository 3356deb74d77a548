"""`ls`, `show` and `rm`: list runs, show one, delete one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from wandb_nb.cli.output import ascii_only, echo_json, tree
from wandb_nb.cli.shell_completion import complete_project, complete_run
from wandb_nb.errors import UsageError
from wandb_nb.formatting import clean
from wandb_nb.view import run_text

if TYPE_CHECKING:
    from wandb_nb.store.reading.run_state import RunState
    from wandb_nb.store.runs.registry import RunEntry

MAX_ROWS = 20


@click.command()
@click.option("--project", help="Only runs of this project.", shell_complete=complete_project)
@click.option(
    "--limit", type=click.IntRange(min=1), default=MAX_ROWS, show_default=True, help="Maximum number of runs."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def ls(project: str | None, limit: int, as_json: bool) -> None:
    """List the runs of this machine, newest first."""
    from wandb_nb.store.runs.run_list import list_runs, table  # `wandb-nb --help` needs none of this

    runs = list_runs(project, limit)
    if as_json:
        echo_json(runs)
    elif runs:
        click.echo("\n".join(table(runs)))
    else:
        click.echo("no runs yet; start one with wandb_nb.init() in Python or %wandb init in a notebook", err=True)


@click.command()
@click.argument("run", shell_complete=complete_run)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def show(run: str, as_json: bool) -> None:
    """Show a run: curves as sparklines, config and summary."""
    from wandb_nb.store.runs.find import find_run
    from wandb_nb.view.message.run_stream import RunStream  # numpy takes long to import

    stream = RunStream(find_run(run))
    while stream.advance():
        pass
    header, state = stream.run_header(), stream.state
    if as_json:
        run_object = {**header, "path": str(stream.directory)}
        echo_json({"run": run_object, "config": state.config, "summary": state.summary})
        return
    plain = ascii_only()
    click.echo(run_text.headline(header, plain))
    for name, value in (("group", header["group"]), ("tags", ", ".join(header["tags"])), ("notes", header["notes"])):
        if value:
            click.echo(f"{name}: {clean(value, 200)}")
    _section("curves", run_text.finish_lines(_curves(state), most=MAX_ROWS, ascii_only=plain))
    for title, values in (("config", state.config), ("summary", state.summary)):
        _section(title, tree({key: value for key, value in values.items() if not key.startswith("_")}))


@click.command()
@click.argument("run", shell_complete=complete_run)
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def rm(run: str, yes: bool) -> None:
    """Delete a run with all its directories. Its id cannot be used again in its project.

    Copies on a server are not deleted. Runs that were forked from it lose the part they share with it.
    """
    from wandb_nb.store.runs.registry import Registry
    from wandb_nb.store.runs.removal import delete

    entries = _find_entries(run)
    newest = entries[0]
    places = "its directory" if len(entries) == 1 else f"its {len(entries)} directories"
    if not yes:
        name, run_id, project_name = map(clean, (newest.name, newest.id, newest.project))
        click.confirm(f"Delete run {name} ({run_id}) of project {project_name} and {places}?", abort=True)
    delete(Registry(), entries)


def _find_entries(run: str) -> list[RunEntry]:
    """Return the directories of *run*, newest first; UsageError if it is not registered on this machine."""
    from wandb_nb.store.format.layout import run_file
    from wandb_nb.store.runs.find import find_run
    from wandb_nb.store.runs.registry import Registry
    from wandb_nb.store.runs.removal import directories

    registry = Registry()
    folder = run_file(find_run(run)).parent.resolve()
    match = next((entry for entry in registry.all() if Path(entry.path).resolve() == folder), None)
    if match is None:
        raise UsageError(f"{folder} is not registered as a run of this machine; delete the folder itself")
    return directories(registry, match)


def _section(title: str, lines: list[str]) -> None:
    if lines:
        click.echo("\n".join(("", title, *(f"  {line}" for line in lines))))


def _curves(state: RunState) -> list[run_text.MetricTrend]:
    """Return the metrics with numbers, without hidden ones and step metrics."""
    curves = []
    for key, column in state.table.numbers.items():
        metric = state.metrics.find(key)
        if len(column) and key not in state.metrics.steps and not (metric and metric.hidden):
            steps = state.table.step[column.rows].tolist()
            curves.append(run_text.MetricTrend(key, steps, column.values.tolist(), metric.goal if metric else None))
    return curves
