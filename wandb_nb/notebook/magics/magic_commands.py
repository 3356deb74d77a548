"""What `%wandb COMMAND` and `%%wandb` do."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError

from wandb_nb import errors
from wandb_nb.formatting import clean
from wandb_nb.notebook.magics import magic_options, magic_words, sync_magics
from wandb_nb.notebook.magics.cell_magic import CELL_COMMAND
from wandb_nb.notebook.magics.compare_magics import compare, diff, show, show_run
from wandb_nb.notebook.magics.start_magics import start_run
from wandb_nb.store.runs.run_list import list_runs, table
from wandb_nb.tracking.process import active_runs
from wandb_nb.tracking.terminal.stderr import fitting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wandb_nb.notebook.magics.cell_magic import CellRun
    from wandb_nb.tracking.run import Run

NON_LITERAL_NUMBERS = ("nan", "inf", "-inf")


def execute(shell: Any, cell_run: CellRun, line: str) -> None:
    """Carry out the *line* after `%wandb` in *shell*; a run that a `%%wandb` cell starts ends with *cell_run*.

    Raises:
        UsageError: The line is wrong, or the command failed. IPython prints the message only, and Run All stops.

    """
    try:
        words = magic_words.split(line)
        _dispatch(shell, cell_run, *((words[0], words[1:]) if words else ("", [])))
    except (errors.Error, UsageError) as error:
        raise UsageError(fitting(str(error))) from None


def _dispatch(shell: Any, cell_run: CellRun, command: str, arguments: list[str]) -> None:
    if command == "":
        _active_run().display()
    elif command in ("help", "-h", "--help"):
        print(magic_options.documentation())  # noqa: T201 -- the user asked for help
    elif command == "init":
        start_run("%wandb init", arguments)
    elif command == CELL_COMMAND:
        _track_cell(cell_run, arguments)
    elif command in _COMMANDS:
        _execute(shell, command, arguments)
    else:
        raise UsageError(f"%wandb: unknown command {command!r} (available: {', '.join(magic_options.SUBCOMMANDS)})")


def _execute(shell: Any, command: str, arguments: list[str]) -> None:
    options = magic_options.parse(command, arguments)
    if options.help:
        print(magic_options.PARSERS[command]().format_help())  # noqa: T201 -- the user asked for help
    else:
        _COMMANDS[command](shell, options)


def _log(_shell: Any, options: Any) -> None:
    row = magic_words.pairs(options.row, "log")
    _active_run().log({key: _number(value) for key, value in row.items()}, step=options.step)


def _finish(_shell: Any, options: Any) -> None:
    _active_run().finish(exit_code=options.exit_code)


def _status(_shell: Any, _options: Any) -> None:
    run = active_runs.current()
    if run is None:  # an answer, not an error that stops "Run all"
        print("no run is active; '%wandb init' starts one, '%wandb ls' lists the runs of this machine")  # noqa: T201 -- the user asked for it
        return
    print(f"{clean(run.name)} · {run.state} · step {run.step} · {clean(run.project)} · {run.dir}")  # noqa: T201 -- the user asked for it
    _print_lines(sync_magics.sync_state(run))


def _ls(_shell: Any, options: Any) -> None:
    runs = list_runs(options.project, options.limit)
    print("\n".join(table(runs)) if runs else "no runs yet; start one with %wandb init")  # noqa: T201 -- the user asked for it


def _show(shell: Any, options: Any) -> None:
    show_run(shell, magic_words.unquote(options.run))


def _diff(shell: Any, options: Any) -> None:
    show(shell, diff([magic_words.unquote(word) for word in options.runs]))


def _compare(shell: Any, options: Any) -> None:
    keys = [magic_words.unquote(word) for word in options.keys]
    show(shell, compare(options.last, options.group, options.project, keys))


def _reproduce(_shell: Any, options: Any) -> None:
    from wandb_nb.reproduce.captured_run import load_run  # few notebooks ask for it
    from wandb_nb.reproduce.run_layout import lay_out

    folder, repository = (Path(path) if path else None for path in (options.folder, options.repository))
    laid_out = lay_out(load_run(magic_words.unquote(options.run)), folder, repository)
    _print_lines(laid_out.lines())


def _artifact(shell: Any, options: Any) -> None:
    from wandb_nb.notebook.magics import artifact_magics  # few notebooks ask for one

    if options.name is None:
        _print_lines(artifact_magics.listed())
    else:
        artifact_magics.show_artifact(shell, magic_words.unquote(options.name))


def _sync(_shell: Any, options: Any) -> None:
    _print_lines(sync_magics.sync(options))


def _server(_shell: Any, options: Any) -> None:
    _print_lines(sync_magics.server(options))


def _as_wandb(_shell: Any, options: Any) -> None:
    package = sys.modules["wandb_nb"]  # its top, where the call is, is a layer above this one
    if options.off:
        package.uninstall_as_wandb()
        print("import wandb no longer gives wandb_nb")  # noqa: T201 -- the user asked for it
    else:
        package.install_as_wandb()
        print("import wandb and !wandb give wandb_nb in this notebook")  # noqa: T201 -- the user asked for it


_COMMANDS: dict[str, Callable[[Any, Any], None]] = {
    "log": _log,
    "finish": _finish,
    "status": _status,
    "show": _show,
    "ls": _ls,
    "artifact": _artifact,
    "diff": _diff,
    "compare": _compare,
    "reproduce": _reproduce,
    "sync": _sync,
    "server": _server,
    "as-wandb": _as_wandb,
}


def _track_cell(cell_run: CellRun, arguments: list[str]) -> None:
    run = start_run("%%wandb", arguments[1:] if arguments[:1] == ["init"] else arguments)
    if run is not None:
        cell_run.begin(run)


def _print_lines(lines: Iterable[str]) -> None:
    """Print each line as soon as it is there."""
    for line in lines:
        print(fitting(line), flush=True)  # noqa: T201 -- the user asked for it


def _active_run() -> Run:
    run = active_runs.current()
    if run is None:
        raise UsageError("%wandb: no run is active; start one with %wandb init")
    return run


def _number(value: Any) -> Any:
    """Return a NaN or infinity that was given as text as a float."""
    return float(value) if isinstance(value, str) and value in NON_LITERAL_NUMBERS else value
