"""`reproduce`: a folder in which a run can be repeated."""

from __future__ import annotations

from pathlib import Path

import click

from wandb_nb.cli.output import echo_json, echo_line
from wandb_nb.cli.shell_completion import complete_run


@click.command()
@click.argument("run", shell_complete=complete_run)
@click.argument("folder", metavar="[DIR]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--repository",
    metavar="PATH",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A clone that has the commit, where the run's own repository is gone.",
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def reproduce(run: str, folder: Path | None, repository: Path | None, as_json: bool) -> None:
    """Lay out a folder in which a run can be repeated, and report what would keep it from being the same.

    DIR is a new or empty folder, by default reproduce-ID here. It gets the code, the packages, the config, the input
    artifacts and the command. Nothing is executed: run.sh in it repeats the run.
    """
    from wandb_nb.reproduce.captured_run import load_run  # numpy takes long to import
    from wandb_nb.reproduce.run_layout import lay_out

    laid_out = lay_out(load_run(run), folder, repository)
    if as_json:
        remarks = [remark._asdict() for remark in laid_out.reproducibility.remarks]
        echo_json({"folder": str(laid_out.folder), "remarks": remarks})
        return
    for line in laid_out.lines():
        echo_line(line)
