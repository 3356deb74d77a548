"""The options of each `%wandb` command."""

from __future__ import annotations

import argparse
import functools
from typing import TYPE_CHECKING, Any, NoReturn

from IPython.core.error import UsageError

from wandb_nb.notebook.magics.magic_words import pairs, unquote
from wandb_nb.store.runs.run_list import MAX_LISTED

if TYPE_CHECKING:
    from collections.abc import Iterator

SUBCOMMANDS = {
    "init": "start a run: %wandb init [options] [key=value ...]; the pairs are its config",
    "log": "log one row: %wandb log key=value ... [--step N]",
    "finish": "end the run: %wandb finish [exit code]",
    "status": "print the active run's state",
    "show": "show a run: %wandb show RUN, by id, name, path or latest",
    "diff": "show how two runs differ: %wandb diff A B [metric ...], by id, name, latest or latest~1",
    "compare": "show the newest runs side by side: %wandb compare [--last 5] [--group NAME] [metric ...]",
    "reproduce": "lay out a folder in which a run can be repeated: %wandb reproduce RUN [DIR]",
    "ls": "list the runs on this machine: %wandb ls [--project NAME] [--limit N]",
    "artifact": "show an artifact and its lineage: %wandb artifact NAME, as in data:latest; without NAME list them",
    "sync": "send the runs of this notebook to the server: %wandb sync [RUN ...] [--all] [--project NAME]",
    "server": "start a server on this machine: %wandb server [--use] [--port N] [--stop]",
    "as-wandb": "have 'import wandb' and '!wandb' give this package: %wandb as-wandb [--off]",
}
MODES = ("online", "offline", "disabled")
RESUME = ("allow", "must", "never", "auto")
RERUN = ("new", "resume", "replace")


class _Parser(argparse.ArgumentParser):
    """A parser whose error is one line under the cell, with no traceback and no exit."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{self.prog}: {message}")


@functools.cache
def init_parser() -> argparse.ArgumentParser:
    """Return the parser of `%wandb init` and of the `%%wandb` line."""
    parser = _parser("init")
    for option, meaning in (
        ("--project", "the project the run belongs to"),
        ("--name", "the run's display name (default: two words and a number)"),
        ("--group", "the experiment that the run is part of"),
        ("--tags", "labels, separated by commas"),
        ("--notes", "a longer description of the run"),
        ("--job-type", "train, eval, …"),
        ("--id", "the run's id, to resume it"),
        ("--dir", "the folder that contains the wandb folder"),
        ("--entity", "the user or team that owns the run"),
    ):
        parser.add_argument(option, type=unquote, help=meaning)
    parser.add_argument("--mode", choices=MODES, help="where rows are sent besides this machine's disk")
    parser.add_argument("--resume", choices=RESUME, help="what to do if the id exists")
    parser.add_argument("--rerun", choices=RERUN, help="what this cell starts when you run it again")
    parser.add_argument("--save-code", action=argparse.BooleanOptionalAction, help="save the notebook's code")
    parser.add_argument("--magic", action="store_true", default=None, help="record what libraries train in this run")
    parser.add_argument("config", nargs="*", metavar="key=value", help="the run's config")
    return parser


@functools.cache
def log_parser() -> argparse.ArgumentParser:
    """Return the parser of `%wandb log`."""
    parser = _parser("log")
    parser.add_argument("--step", type=int, help="the row's step (default: the next one)")
    parser.add_argument("row", nargs="*", metavar="key=value", help="the row's metrics")
    return parser


@functools.cache
def finish_parser() -> argparse.ArgumentParser:
    """Return the parser of `%wandb finish`."""
    parser = _parser("finish")
    parser.add_argument("exit_code", nargs="?", type=int, help="0 means success")
    return parser


@functools.cache
def ls_parser() -> argparse.ArgumentParser:
    """Return the parser of `%wandb ls`."""
    parser = _parser("ls")
    parser.add_argument("--project", type=unquote, help="only the runs of this project")
    parser.add_argument("--limit", type=int, default=MAX_LISTED, help=f"maximum number of runs (default: {MAX_LISTED})")
    return parser


@functools.cache
def show_parser() -> argparse.ArgumentParser:
    """Return the parser of `%wandb show`."""
    parser = _parser("show")
    parser.add_argument("run", nargs="?", default="latest", metavar="RUN", help="id, name, path or latest (default)")
    return parser


@functools.cache
def diff_parser() -> argparse.ArgumentParser:
    """Return the parser of `%wandb diff`."""
    parser = _parser("diff")
    parser.add_argument("runs", nargs="*", metavar="A B", help="two runs (id, name, path or latest~1), then metrics")
    return parser


@functools.cache
def reproduce_parser() -> argparse.ArgumentParser:
    """Return the parser of `%wandb reproduce`."""
    parser = _parser("reproduce")
    parser.add_argument("--repository", type=unquote, metavar="PATH", help="a clone that has the commit")
    parser.add_argument("run", nargs="?", default="latest", metavar="RUN", help="id, name, path or latest (default)")
    parser.add_argument("folder", nargs="?", type=unquote, metavar="DIR", help="a new folder (default: reproduce-ID)")
    return parser


@functools.cache
def compare_parser() -> argparse.ArgumentParser:
    """Return the parser of `%wandb compare`."""
    parser = _parser("compare")
    parser.add_argument("--last", type=int, default=5, help="number of runs (default: 5)")
    parser.add_argument("--group", type=unquote, help="only the runs of this group")
    parser.add_argument("--project", type=unquote, help="only the runs of this project (default: the newest run's)")
    parser.add_argument("keys", nargs="*", metavar="metric", help="only these metrics")
    return parser


@functools.cache
def artifact_parser() -> argparse.ArgumentParser:
    """Return the parser of `%wandb artifact`."""
    parser = _parser("artifact")
    parser.add_argument("name", nargs="?", metavar="NAME", help="name:alias, project/name:v0 or entity/project/name:v0")
    return parser


@functools.cache
def status_parser() -> argparse.ArgumentParser:
    """Return the parser of `%wandb status`."""
    return _parser("status")


@functools.cache
def sync_parser() -> argparse.ArgumentParser:
    """Return the parser of `%wandb sync`."""
    parser = _parser("sync")
    parser.add_argument("--project", type=unquote, help="send to this project")
    parser.add_argument("--entity", type=unquote, help="send to this user or team")
    parser.add_argument("--id", type=unquote, help="send the run with this id")
    parser.add_argument("--include-synced", action="store_true", help="send runs again that were sent already")
    parser.add_argument("--dry-run", action="store_true", help="only print what would be sent")
    parser.add_argument("--all", action="store_true", help="send all runs of this folder's ./wandb as well")
    parser.add_argument("--append", action="store_true", help="append the rows to those of the run on the server")
    parser.add_argument("--follow-links", action="store_true", help="send the files that links in a run lead to")
    parser.add_argument("paths", nargs="*", type=unquote, help="runs or folders of runs (default: of this notebook)")
    return parser


@functools.cache
def server_parser() -> argparse.ArgumentParser:
    """Return the parser of `%wandb server`."""
    parser = _parser("server")
    parser.add_argument("--use", action="store_true", help="log this notebook's runs to the server from now on")
    parser.add_argument("--stop", action="store_true", help="stop the server")
    parser.add_argument("--port", type=int, default=8090, help="the port to listen on; 0 chooses a free one")
    parser.add_argument("--dir", type=unquote, help="the server's data folder")
    return parser


@functools.cache
def as_wandb_parser() -> argparse.ArgumentParser:
    """Return the parser of `%wandb as-wandb`."""
    parser = _parser("as-wandb")
    parser.add_argument("--off", action="store_true", help="undo it: the next import gives an installed wandb again")
    return parser


PARSERS = {
    "init": init_parser,
    "log": log_parser,
    "finish": finish_parser,
    "status": status_parser,
    "show": show_parser,
    "diff": diff_parser,
    "compare": compare_parser,
    "reproduce": reproduce_parser,
    "ls": ls_parser,
    "artifact": artifact_parser,
    "sync": sync_parser,
    "server": server_parser,
    "as-wandb": as_wandb_parser,
}


def documentation() -> str:
    """Return the help text of `%wandb?`."""
    lines = [
        "Track experiments in this notebook.",
        "",
        "    %wandb            show the active run",
        *(f"    %wandb {name:<10} {meaning}" for name, meaning in SUBCOMMANDS.items()),
        "    %%wandb [options] [key=value ...]",
        "                      track this cell only: options as for init; the run ends with the cell",
        "",
        "Values are read as Python literals, otherwise as text. IPython replaces $name and {expression}.",
        "",
        init_parser().format_help(),
    ]
    return "\n".join(lines)


def _parser(command: str) -> _Parser:
    parser = _Parser(prog=f"%wandb {command}", description=SUBCOMMANDS[command], add_help=False, allow_abbrev=False)
    parser.add_argument("-h", "--help", action="store_true", help="show these options")
    return parser


def option_names(command: str) -> list[str]:
    """Return the option names of *command*, sorted."""
    return sorted(name for name in _option_strings(PARSERS[command]()) if name.startswith("--"))


def _option_strings(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:  # noqa: SLF001 -- argparse offers no other way to list its options
        yield from action.option_strings


def parse(command: str, words: list[str]) -> argparse.Namespace:
    """Return the options in the words after *command*.

    Raises:
        UsageError: An option is wrong; the message is one line.
    """
    parser = PARSERS[command]()
    options, unknown = parser.parse_known_intermixed_args(words)
    if unknown:
        raise UsageError(_unknown_option(command, unknown[0]))
    return options


def _unknown_option(command: str, word: str) -> str:
    import difflib  # only for the error

    name = word.partition("=")[0]
    similar = difflib.get_close_matches(name, option_names(command), n=1)
    hint = f"did you mean {similar[0]}?" if similar else f"%wandb {command} --help lists the options"
    return f"%wandb {command}: unknown option {name}; {hint}"


def init_arguments(options: argparse.Namespace) -> dict[str, Any]:
    """Return the arguments for `init()` that *options* set."""
    arguments = {
        name: value for name, value in vars(options).items() if value is not None and name not in ("help", "config")
    }
    if "tags" in arguments:
        arguments["tags"] = [tag.strip() for tag in arguments["tags"].split(",") if tag.strip()]
    config = pairs(options.config, "init")
    return {**arguments, "config": config} if config else arguments
