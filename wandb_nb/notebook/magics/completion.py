"""Tab completion for `%wandb` and `%%wandb`: commands, options, and the projects and runs of this machine."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any

from IPython.core.completer import SimpleCompletion, context_matcher

from wandb_nb.notebook.magics.magic_options import MODES, PARSERS, RERUN, RESUME, SUBCOMMANDS, option_names
from wandb_nb.store.runs.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Iterable

    from IPython.core.completer import CompletionContext, SimpleMatcherResult

MAX_ENTRIES = 200  # Tab must not wait for thousands of files
CHOICES = {"--mode": MODES, "--resume": RESUME, "--rerun": RERUN}
REGISTRY_FIELDS = {"--project": "project", "--name": "name", "--group": "group", "--id": "id", "--entity": "entity"}


@context_matcher()  # type: ignore[untyped-decorator]  # IPython left it untyped
def wandb_matcher(context: CompletionContext) -> SimpleMatcherResult:
    """Complete the line of a `%wandb` or `%%wandb` magic; other lines are left to the other matchers."""
    words = re.split(r"\s+", context.text_until_cursor.lstrip())
    if len(words) == 1 or words[0] not in ("%wandb", "%%wandb"):
        return _matcher_result([], context)
    *preceding, token = words[1:]
    matches = [word for word in candidates(words[0], preceding) if word.startswith(token)]
    # The editor replaces its own token, which begins after an "=".
    return _matcher_result([word[len(token) - len(context.token) :] for word in matches], context)


def candidates(magic: str, preceding: list[str]) -> Iterable[str]:
    """Return what may follow the words *preceding* after *magic*."""
    command = "init" if magic == "%%wandb" else preceding[0] if preceding else ""
    if magic == "%wandb" and not preceding:
        return SUBCOMMANDS
    last = preceding[-1] if preceding else ""
    if last in CHOICES:
        return CHOICES[last]
    if last in REGISTRY_FIELDS:
        return _registry_values(REGISTRY_FIELDS[last])
    return option_names(command) if command in PARSERS else []


def _registry_values(field: str) -> list[str]:
    newest = itertools.islice(Registry().all(), MAX_ENTRIES)
    values = (getattr(entry, field, None) for entry in newest)
    return sorted({str(value) for value in values if value and " " not in str(value)})


def _matcher_result(words: list[str], context: CompletionContext) -> SimpleMatcherResult:
    completions: list[Any] = [SimpleCompletion(text=word, type="magic argument") for word in words]
    return {
        "completions": completions,
        "suppress": bool(words),
        "matched_fragment": context.token,
        "do_not_suppress": set(),
        "ordered": False,
    }
