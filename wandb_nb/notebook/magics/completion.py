"""Tab completion for `%wandb` and `%%wandb`: commands, options, and the projects and runs of this machine."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from IPython.core.completer import SimpleCompletion, context_matcher

from wandb_nb.notebook.magics.magic_options import MODES, PARSERS, RERUN, RESUME, SUBCOMMANDS, option_names
from wandb_nb.store.runs.run_list import completions as run_completions
from wandb_nb.store.runs.run_list import field_values, metric_names
from wandb_nb.tracking.process import active_runs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from IPython.core.completer import CompletionContext, SimpleMatcherResult

CHOICES = {"--mode": MODES, "--resume": RESUME, "--rerun": RERUN}
RUN = "run"
MAX_RUNS = {"show": 1, "diff": 2, "sync": 1000}
"""How many runs a command takes as arguments."""
REGISTRY_FIELDS = {"--project": "project", "--name": "name", "--group": "group", "--id": "id", "--entity": "entity"}


@context_matcher()  # type: ignore[untyped-decorator]  # IPython left it untyped
def wandb_matcher(context: CompletionContext) -> SimpleMatcherResult:
    """Complete the line of a `%wandb` or `%%wandb` magic; other lines are left to the other matchers."""
    words = re.split(r"\s+", context.text_until_cursor.lstrip())
    if len(words) == 1 or words[0] not in ("%wandb", "%%wandb"):
        return _matcher_result([], context)
    *preceding, token = words[1:]
    matches = [(word, kind) for word, kind in candidates(words[0], preceding) if word.startswith(token)]
    # The editor replaces its own token, which begins after an "=".
    return _matcher_result([(word[len(token) - len(context.token) :], kind) for word, kind in matches], context)


def candidates(magic: str, preceding: list[str]) -> Iterator[tuple[str, str]]:
    """Yield what may follow the words *preceding* after *magic*, each with its kind, such as "run" or "option"."""
    command = "init" if magic == "%%wandb" else preceding[0] if preceding else ""
    last = preceding[-1] if preceding else ""
    if magic == "%wandb" and not preceding:
        yield from _of_kind("command", SUBCOMMANDS)
    elif last in CHOICES:
        yield from _of_kind("value", CHOICES[last])
    elif last in REGISTRY_FIELDS:
        field = REGISTRY_FIELDS[last]
        yield from _of_kind(RUN if field in ("id", "name") else field, field_values(field))
    elif command in PARSERS:
        yield from _arguments(command, preceding[1:])
        yield from _of_kind("option", option_names(command))


def _arguments(command: str, preceding: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the runs or metrics that *command* takes after the arguments *preceding*."""
    position = sum(not word.startswith("-") for word in preceding)
    if position < MAX_RUNS.get(command, 0):
        yield from _of_kind(RUN, run_completions())
    elif command in ("diff", "compare"):
        yield from _of_kind("metric", metric_names())
    elif command == "log" and (run := active_runs.current()) is not None:
        names = (name for name in run.summary.as_dict() if not name.startswith("_") and not any(map(str.isspace, name)))
        yield from _of_kind("metric", (f"{name}=" for name in names))


def _of_kind(kind: str, words: Iterable[str]) -> Iterator[tuple[str, str]]:
    return ((word, kind) for word in words)


def _matcher_result(words: list[tuple[str, str]], context: CompletionContext) -> SimpleMatcherResult:
    completions: list[Any] = [SimpleCompletion(text=word, type=kind) for word, kind in words]
    return {
        "completions": completions,
        "suppress": bool(words),
        "matched_fragment": context.token,
        "do_not_suppress": set(),
        "ordered": False,
    }
