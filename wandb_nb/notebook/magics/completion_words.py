"""The words that may follow in a `%wandb` or `%%wandb` line, each with its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wandb_nb.notebook.magics.magic_options import MODES, PARSERS, RERUN, RESUME, SUBCOMMANDS, option_names
from wandb_nb.store.runs.run_list import completions as run_completions
from wandb_nb.store.runs.run_list import field_values, metric_names
from wandb_nb.tracking.process import active_runs

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

CHOICES = {"--mode": MODES, "--resume": RESUME, "--rerun": RERUN}
RUN = "run"
MAX_RUNS = {"show": 1, "reproduce": 1, "diff": 2, "sync": 1000}
"""How many runs a command takes as arguments."""
REGISTRY_FIELDS = {"--project": "project", "--name": "name", "--group": "group", "--id": "id", "--entity": "entity"}


def next_words(magic: str, preceding: list[str]) -> Iterator[tuple[str, str]]:
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
    elif command == "artifact" and not position:
        from wandb_nb.artifacts.store.version_list import list_versions  # the other commands need none of this

        yield from _of_kind("artifact", (version.qualified_name for version, _ in list_versions()))
    elif command in ("diff", "compare"):
        yield from _of_kind("metric", metric_names())
    elif command == "log" and (run := active_runs.current()) is not None:
        names = (name for name in run.summary.as_dict() if not name.startswith("_") and not any(map(str.isspace, name)))
        yield from _of_kind("metric", (f"{name}=" for name in names))


def _of_kind(kind: str, words: Iterable[str]) -> Iterator[tuple[str, str]]:
    return ((word, kind) for word in words)
