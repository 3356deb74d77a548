"""Tab completion behind `%wandb` and `%%wandb`: words, options, and the projects and runs of this machine."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any

from IPython.core.completer import SimpleCompletion, context_matcher

from wandb_nb.notebook.magics.magic_arguments import PARSERS, RERUN, SUBCOMMANDS, options
from wandb_nb.store.runs.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from IPython.core.completer import CompletionContext, SimpleMatcherResult

MOST_ENTRIES = 200  # a Tab must not wait for thousands of files
CHOICES = {
    "--mode": ("online", "offline", "disabled"),
    "--resume": ("allow", "must", "never", "auto"),
    "--rerun": RERUN,
}
FROM_REGISTRY = {"--project": "project", "--name": "name", "--group": "group", "--id": "id", "--entity": "entity"}


@context_matcher()  # type: ignore[untyped-decorator]  # IPython left it untyped
def wandb_matcher(context: CompletionContext) -> SimpleMatcherResult:
    """Complete the line of a `%wandb` or `%%wandb` magic; other lines are left to the others."""
    words = re.split(r"\s+", context.text_until_cursor.lstrip())
    if len(words) == 1 or words[0] not in ("%wandb", "%%wandb"):
        return _result([], context)
    *before, token = words[1:]
    fitting = [word for word in suggest(words[0], before) if word.startswith(token)]
    # The editor replaces its own token, which begins behind an "=".
    return _result([word[len(token) - len(context.token) :] for word in fitting], context)


def suggest(magic: str, before: list[str]) -> Iterable[str]:
    """Return what may follow the words *before* behind *magic*."""
    command = "init" if magic == "%%wandb" else before[0] if before else ""
    if magic == "%wandb" and not before:
        return SUBCOMMANDS
    last = before[-1] if before else ""
    if last in CHOICES:
        return CHOICES[last]
    if last in FROM_REGISTRY:
        return _known(FROM_REGISTRY[last])
    return options(command) if command in PARSERS else []


def _known(field: str) -> list[str]:
    newest = itertools.islice(Registry().all(), MOST_ENTRIES)
    values = (getattr(entry, field, None) for entry in newest)
    return sorted({str(value) for value in values if value and " " not in str(value)})


def _result(words: list[str], context: CompletionContext) -> SimpleMatcherResult:
    completions: list[Any] = [SimpleCompletion(text=word, type="magic argument") for word in words]
    return {
        "completions": completions,
        "suppress": bool(words),
        "matched_fragment": context.token,
        "do_not_suppress": set(),
        "ordered": False,
    }
