"""What stands behind `%wandb`: words, options and `key=value` pairs.

Values are read as Python literals, else taken as text. Quotes and brackets keep blanks together:

    init --project digits --notes "second try" lr=0.1 layers=[64, 32] name='a b'

`$name` and `{expr}` were put in by IPython before the line gets here.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import functools
from typing import TYPE_CHECKING, Any, NoReturn

from IPython.core.error import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SUBCOMMANDS = {
    "init": "start a run: %wandb init [options] [key=value ...], the pairs are its config",
    "log": "log one row: %wandb log key=value ... [--step N]",
    "finish": "end the run: %wandb finish [exit code]",
    "status": "tell the active run's state in one line",
    "diff": "what two runs differ in: %wandb diff A B [metric ...], by id, name, latest or latest~1",
    "compare": "the newest runs side by side: %wandb compare [--last 5] [--group NAME] [metric ...]",
    "ls": "list the runs of this machine: %wandb ls [--project NAME] [--limit N]",
    "sync": "send runs to the server: %wandb sync [path ...] [--project NAME]",
    "server": "start a server on this machine: %wandb server [--use] [--port N] [--stop]",
}
RERUN = ("new", "resume", "replace")
PAIRS = {"(": ")", "[": "]", "{": "}"}


class _Parser(argparse.ArgumentParser):
    """A parser whose complaint is one line under the cell, with no traceback and no exit."""

    def error(self, message: str) -> NoReturn:
        raise UsageError(f"{self.prog}: {message}")


def split(line: str) -> list[str]:
    """Split *line* at blanks that stand outside quotes and brackets; quotes stay in the words.

    Raises `UsageError` for a bracket that is never closed. A quote that is never closed, as in `it's`, is a letter.
    """
    words: list[str] = []
    word = ""
    closers: list[str] = []
    place = 0
    while place < len(line):
        letter = line[place]
        if letter in "\"'" and (closers or word == "" or word.endswith("=")):
            end = _closing_quote(line, place)
            word += line[place:end]
            place = end
            continue
        if letter.isspace() and not closers:
            words, word = _flush(words, word)
        else:
            word += letter
            _nest(closers, letter, opens=bool(len(word) > 1))
        place += 1
    if closers:
        raise UsageError(f"%wandb: a closing {closers[-1]} is missing in: {line.strip()}")
    return _flush(words, word)[0]


def _flush(words: list[str], word: str) -> tuple[list[str], str]:
    return ([*words, word] if word else words), ""


def _nest(closers: list[str], letter: str, *, opens: bool) -> None:
    """Keep count of open brackets; only those of a value, behind its `=`, bind words together."""
    if closers and letter == closers[-1]:
        closers.pop()
    elif letter in PAIRS and (opens or closers):
        closers.append(PAIRS[letter])


def _closing_quote(line: str, start: int) -> int:
    """Return the place behind the quoted text that begins at *start*, or behind the quote when nothing closes it."""
    place = start + 1
    while place < len(line):
        if line[place] == "\\":
            place += 1
        elif line[place] == line[start]:
            return place + 1
        place += 1
    return start + 1


def literal(text: str) -> Any:
    """Read *text* as a Python literal; what is none is text."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return text


def unquote(text: str) -> str:
    """Take the quotes off a quoted option value."""
    value = literal(text) if text[:1] in ("'", '"') else text
    return value if isinstance(value, str) else text


def pairs(words: Iterable[str], command: str) -> dict[str, Any]:
    """Return the `key=value` words as a mapping; raises `UsageError` for a word that is none."""
    found: dict[str, Any] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise UsageError(f"%wandb {command}: {word!r} is neither an option nor key=value")
        found[key] = literal(value)
    return found


@functools.cache
def init_parser() -> argparse.ArgumentParser:
    """Return the parser of `%wandb init` and of the `%%wandb` line."""
    parser = _parser("init")
    for option, meaning in (
        ("--project", "the project the run belongs to"),
        ("--name", "the run's display name (default: two words and a number)"),
        ("--group", "ties runs into one experiment"),
        ("--tags", "labels, separated by commas"),
        ("--notes", "a longer text about the run"),
        ("--job-type", "train, eval, …"),
        ("--id", "the run's id, to continue it"),
        ("--dir", "the folder that holds the wandb folder"),
        ("--entity", "user or team that owns the run"),
    ):
        parser.add_argument(option, type=unquote, help=meaning)
    modes = ("online", "offline", "disabled")
    parser.add_argument("--mode", choices=modes, help="where the rows go besides this machine's disk")
    parser.add_argument("--resume", choices=("allow", "must", "never", "auto"), help="what to do about a known id")
    parser.add_argument("--rerun", choices=RERUN, help="what this cell begins when it is executed again")
    parser.add_argument("--save-code", action=argparse.BooleanOptionalAction, help="save the notebook's code")
    parser.add_argument("config", nargs="*", metavar="key=value", help="config of the run")
    return parser


@functools.cache
def log_parser() -> argparse.ArgumentParser:
    """Return the parser of `%wandb log`."""
    parser = _parser("log")
    parser.add_argument("--step", type=int, help="the row's step (default: the next one)")
    parser.add_argument("row", nargs="*", metavar="key=value", help="metrics of the row")
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
    parser.add_argument("--limit", type=int, default=10, help="how many, newest first (default: 10)")
    return parser


@functools.cache
def diff_parser() -> argparse.ArgumentParser:
    """Return the parser of `%wandb diff`."""
    parser = _parser("diff")
    parser.add_argument("runs", nargs="*", metavar="A B", help="id, name, path, latest or latest~1; then metrics")
    return parser


@functools.cache
def compare_parser() -> argparse.ArgumentParser:
    """Return the parser of `%wandb compare`."""
    parser = _parser("compare")
    parser.add_argument("--last", type=int, default=5, help="how many runs (default: 5)")
    parser.add_argument("--group", type=unquote, help="only the runs of this group")
    parser.add_argument("--project", type=unquote, help="only the runs of this project (default: the newest run's)")
    parser.add_argument("keys", nargs="*", metavar="metric", help="only these metrics")
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
    parser.add_argument("--id", type=unquote, help="send the run under this id")
    parser.add_argument("--include-synced", action="store_true", help="send again what was sent already")
    parser.add_argument("--dry-run", action="store_true", help="only say what would be sent")
    parser.add_argument("paths", nargs="*", type=unquote, help="runs, or folders of runs (default: wandb/ here)")
    return parser


@functools.cache
def server_parser() -> argparse.ArgumentParser:
    """Return the parser of `%wandb server`."""
    parser = _parser("server")
    parser.add_argument("--use", action="store_true", help="log this notebook's runs there from now on")
    parser.add_argument("--stop", action="store_true", help="end it")
    parser.add_argument("--port", type=int, default=8090, help="the port to listen at; 0 takes any free one")
    parser.add_argument("--dir", type=unquote, help="where it keeps its data")
    return parser


PARSERS = {
    "init": init_parser,
    "log": log_parser,
    "finish": finish_parser,
    "status": status_parser,
    "diff": diff_parser,
    "compare": compare_parser,
    "ls": ls_parser,
    "sync": sync_parser,
    "server": server_parser,
}


def _parser(command: str) -> _Parser:
    parser = _Parser(prog=f"%wandb {command}", description=SUBCOMMANDS[command], add_help=False, allow_abbrev=False)
    parser.add_argument("-h", "--help", action="store_true", help="show these options")
    return parser


def options(command: str) -> list[str]:
    """Return the option names of *command*, sorted."""
    return sorted(name for name in _option_names(PARSERS[command]()) if name.startswith("--"))


def _option_names(parser: argparse.ArgumentParser) -> Iterator[str]:
    for action in parser._actions:  # noqa: SLF001  argparse offers no other way to list its options
        yield from action.option_strings


def parse(command: str, words: list[str]) -> argparse.Namespace:
    """Read the words behind *command*; raises `UsageError` in one line for a wrong option."""
    parser = PARSERS[command]()
    given, rest = parser.parse_known_intermixed_args(words)
    if rest:
        raise UsageError(_unknown(command, rest[0]))
    return given


def _unknown(command: str, word: str) -> str:
    name = word.partition("=")[0]
    near = difflib.get_close_matches(name, options(command), n=1)
    hint = f"did you mean {near[0]}?" if near else f"%wandb {command} --help lists the options"
    return f"%wandb {command}: unknown option {name}; {hint}"


def init_arguments(given: argparse.Namespace) -> dict[str, Any]:
    """Return the arguments for `init()` that *given* names; what was left out stays out."""
    arguments = {
        name: value for name, value in vars(given).items() if value is not None and name not in ("help", "config")
    }
    if "tags" in arguments:
        arguments["tags"] = [tag.strip() for tag in arguments["tags"].split(",") if tag.strip()]
    config = pairs(given.config, "init")
    return {**arguments, "config": config} if config else arguments
