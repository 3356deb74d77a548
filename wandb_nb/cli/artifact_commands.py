"""`artifact`: list, show, download and log versions of artifacts on this machine, and check and clean their store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from wandb_nb.cli.output import echo_json, echo_line, echo_table
from wandb_nb.errors import UsageError
from wandb_nb.formatting import age, parse_size, size

if TYPE_CHECKING:
    from wandb_nb.artifacts.artifact import Artifact

DAMAGED = 3
MAX_LISTED = 50


@click.group()
def artifact() -> None:
    """List, show, get and put artifacts of this machine; check and clean their store.

    NAME is "name:alias", "project/name:v0" or "entity/project/name:latest".
    """


@artifact.command("ls")
@click.argument("path", required=False, default="")
@click.option("-t", "--type", "kind", help="Only artifacts of this type.")
@click.option("--limit", type=click.IntRange(min=1), default=MAX_LISTED, show_default=True, help="Maximum number.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_artifacts(path: str, kind: str | None, limit: int, as_json: bool) -> None:
    """List the newest version of each artifact; of one name, all its versions.

    PATH is a project, "entity/project", or a name such as "project/data".
    """
    from wandb_nb.artifacts.store.version_list import list_versions  # `wandb-nb --help` needs none of this

    versions = list_versions(path, kind, limit)
    if as_json:
        echo_json(
            [
                {**vars(version), "run": version.run and version.run.path, "aliases": aliases}
                for version, aliases in versions
            ]
        )
    elif versions:
        rows = [
            (each.qualified_name, each.type, ", ".join(aliases), each.file_count, size(each.size), age(each.created))
            for each, aliases in versions
        ]
        echo_table(("artifact", "type", "aliases", "files", "size", "age"), rows)
    else:
        click.echo("no artifacts yet; log one with run.log_artifact() or `wandb-nb artifact put`", err=True)


@artifact.command("show")
@click.argument("name")
def show_artifact(name: str) -> None:
    """Show a version: what it is, its files, and which runs made and used it."""
    from wandb_nb.artifacts.lineage.artifact_summary import summary_lines
    from wandb_nb.artifacts.local_versions import LocalVersions
    from wandb_nb.artifacts.version_name import parse_version_name

    source = LocalVersions()
    click.echo("\n".join(summary_lines(source.find(parse_version_name(name)), source)))


@artifact.command()
@click.argument("name")
@click.option("--root", type=click.Path(file_okay=False), help="Folder to download to; ./artifacts/NAME:vN by default.")
@click.option("-t", "--type", "kind", help="What type it must be.")
def get(name: str, root: str | None, kind: str | None) -> None:
    """Download a version and print the folder."""
    echo_line(_find(name, kind).download(root))


@artifact.command()
@click.argument("path")
@click.option("-n", "--name", help='Its name, such as "data" or "project/data"; that of the file by default.')
@click.option("-t", "--type", "kind", default="dataset", show_default=True, help="Its type.")
@click.option("-d", "--description", help="A text that describes it.")
@click.option("-a", "--alias", "aliases", multiple=True, help="An alias besides latest; may be repeated.")
def put(path: str, name: str | None, kind: str, description: str | None, aliases: tuple[str, ...]) -> None:
    """Log a file, folder or address as a version, in a run of its own, and print its name."""
    import wandb_nb  # its top, which few commands need
    from wandb_nb.artifacts.version_name import parse_version_name

    target = parse_version_name(name or Path(path).name)
    settings = {"silent": True, "save_code": False, "console": "off"}
    with wandb_nb.init(project=target.project, entity=target.entity, job_type="artifact", settings=settings) as run:
        draft = wandb_nb.Artifact(target.name, kind, description)
        if Path(path).is_dir():
            draft.add_dir(path)
        elif "://" in path:
            draft.add_reference(path)
        else:
            draft.add_file(path)
        echo_line(run.log_artifact(draft, aliases=list(aliases)).qualified_name)


@artifact.command("verify")
@click.argument("name", required=False)
@click.option("--root", type=click.Path(file_okay=False), help="Folder that the version was downloaded to.")
def verify_artifacts(name: str | None, root: str | None) -> None:
    """Check the whole store, or with NAME the folder that this version was downloaded to."""
    if name is not None:
        version = _find(name, None)
        version.verify(root)
        echo_line(f"{version.qualified_name}: all {version.file_count} files are as they were logged")
        return
    from wandb_nb.artifacts.store.artifact_store import ArtifactStore
    from wandb_nb.artifacts.store.store_check import check_store

    result = check_store(ArtifactStore())
    for problem in result.problems:
        echo_line(problem, err=True)
    echo_line(
        f"{result.versions} versions, {result.contents} contents, {size(result.size)}, {len(result.problems)} problems"
    )
    if result.problems:
        raise click.exceptions.Exit(DAMAGED)


@artifact.command()
@click.option("--limit", default="0", show_default=True, help="Size to get below, such as 10GB.")
@click.option("--versions", is_flag=True, help="Delete versions without an alias too, least recently used first.")
@click.option("--yes", is_flag=True, help="Do not ask before versions are deleted.")
def clean(limit: str, versions: bool, yes: bool) -> None:
    """Delete contents that no version needs any more, least recently used first, until the store is below a limit."""
    from wandb_nb.artifacts.draft.staging import abandoned_folders
    from wandb_nb.artifacts.store.artifact_store import ArtifactStore
    from wandb_nb.artifacts.store.store_cleaning import clean_store

    try:
        size_limit = parse_size(limit)
    except ValueError as error:
        raise UsageError(f"--limit {error}") from error
    if versions and not yes:
        click.confirm(f"Delete versions without an alias until the store is below {size(size_limit)}?", abort=True)
    result = clean_store(ArtifactStore(), limit=size_limit, versions=versions, abandoned=abandoned_folders())
    for name in result.versions:
        echo_line(f"deleted {name}")
    echo_line(f"freed {size(result.freed)} in {result.files} files; {size(result.size)} are left")


def _find(name: str, kind: str | None) -> Artifact:
    from wandb_nb.artifacts.artifact import find_artifact
    from wandb_nb.artifacts.local_versions import LocalVersions

    return find_artifact(name, None, None, LocalVersions(), kind)
