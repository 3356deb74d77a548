"""Tab completion in the shell: runs, projects and groups of this machine, and the script that switches it on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem, get_completion_class

if TYPE_CHECKING:
    from collections.abc import Callable

VARIABLE = "_WANDB_NB_COMPLETE"


def complete_run(_context: click.Context, _parameter: click.Parameter, prefix: str) -> list[CompletionItem]:
    """Return the runs whose id or name begins with *prefix*, each with its description, then files."""
    from wandb_nb.store.runs.run_list import completions  # the other commands need none of this

    runs = [CompletionItem(word, help=f"run {text}") for word, text in completions(prefix).items()]
    return runs or [CompletionItem(prefix, type="file")]


def complete_project(_context: click.Context, _parameter: click.Parameter, prefix: str) -> list[CompletionItem]:
    """Return the projects that begin with *prefix*."""
    return _registry_values("project", prefix)


def complete_group(_context: click.Context, _parameter: click.Parameter, prefix: str) -> list[CompletionItem]:
    """Return the groups that begin with *prefix*."""
    return _registry_values("group", prefix)


def complete_metric(_context: click.Context, _parameter: click.Parameter, prefix: str) -> list[CompletionItem]:
    """Return the metrics of the newest runs that begin with *prefix*."""
    from wandb_nb.store.runs.run_list import metric_names

    return [CompletionItem(name, help="metric") for name in metric_names() if name.startswith(prefix)]


def _registry_values(field: str, prefix: str) -> list[CompletionItem]:
    from wandb_nb.store.runs.run_list import field_values

    return [CompletionItem(value, help=field) for value in field_values(field) if value.startswith(prefix)]


def completion_command(group: Callable[[], click.Group]) -> click.Command:
    """Return the command that prints the script for a shell; *group* returns the whole command line."""

    @click.command()
    @click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
    def completion(shell: str) -> None:
        """Print the script that switches on Tab completion, as in: eval "$(wandb-nb completion bash)"."""
        completer = get_completion_class(shell)
        assert completer is not None  # noqa: S101 -- the choices above
        click.echo(completer(group(), {}, "wandb-nb", VARIABLE).source())

    return completion
