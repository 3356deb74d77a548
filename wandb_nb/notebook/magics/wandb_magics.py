"""`%wandb` and `%%wandb`."""

from __future__ import annotations

import functools
import sys
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, magics_class
from traitlets import Bool

from wandb_nb import errors
from wandb_nb.formatting import clean
from wandb_nb.notebook.magics import magic_options, magic_words, sync_magics
from wandb_nb.notebook.magics.cell_magic import CELL_COMMAND, CellRun
from wandb_nb.notebook.magics.compare_magics import compare, diff, show, show_run
from wandb_nb.notebook.magics.start_magics import start_run
from wandb_nb.store.runs.run_list import list_runs, table
from wandb_nb.tracking.process import active_runs
from wandb_nb.tracking.terminal.stderr import fitting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wandb_nb.tracking.run import Run

NON_LITERAL_NUMBERS = ("nan", "inf", "-inf")


def _documentation() -> str:
    """Return the help text of `%wandb?`."""
    lines = [
        "Track experiments in this notebook.",
        "",
        "    %wandb            show the active run",
        *(f"    %wandb {name:<10} {meaning}" for name, meaning in magic_options.SUBCOMMANDS.items()),
        "    %%wandb [options] [key=value ...]",
        "                      track this cell only: options as for init; the run ends with the cell",
        "",
        "Values are read as Python literals, otherwise as text. IPython replaces $name and {expression}.",
        "",
        magic_options.init_parser().format_help(),
    ]
    return "\n".join(lines)


@magics_class
class WandbMagics(Magics):
    """The magics, and the options of `%config WandbMagics`."""

    display = Bool(True, help="Show a run's charts automatically, under the cell that starts it or logs.").tag(
        config=True
    )

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        self.cell_run = CellRun()
        self._commands: dict[str, Callable[[Any], None]] = {
            "log": self._log,
            "finish": self._finish,
            "status": self._status,
            "show": self._show,
            "ls": self._ls,
            "diff": self._diff,
            "compare": self._compare,
            "sync": functools.partial(_print_lines, sync_magics.sync),
            "server": functools.partial(_print_lines, sync_magics.server),
            "as-wandb": self._as_wandb,
        }

    @line_cell_magic
    def wandb(self, line: str, cell: str | None = None) -> None:  # noqa: D102 -- the help text is set below
        if cell is not None:
            raise UsageError("%%wandb must be the first line of its cell")
        try:
            self._dispatch(magic_words.split(line))
        except (errors.Error, UsageError) as error:
            raise UsageError(fitting(str(error))) from None  # IPython shows only this, and Run All stops

    wandb.__doc__ = _documentation()

    def _dispatch(self, words: list[str]) -> None:
        command, arguments = (words[0], words[1:]) if words else ("", [])
        if command == "":
            _active_run().display()
        elif command in ("help", "-h", "--help"):
            print(_documentation())  # noqa: T201 -- the user asked for help
        elif command == "init":
            start_run("%wandb init", arguments)
        elif command == CELL_COMMAND:
            self._track_cell(arguments)
        elif command in self._commands:
            self._execute(command, arguments)
        else:
            raise UsageError(f"%wandb: unknown command {command!r} (available: {', '.join(magic_options.SUBCOMMANDS)})")

    def _execute(self, command: str, arguments: list[str]) -> None:
        options = magic_options.parse(command, arguments)
        if options.help:
            print(magic_options.PARSERS[command]().format_help())  # noqa: T201 -- the user asked for help
        else:
            self._commands[command](options)

    def _log(self, options: Any) -> None:
        row = magic_words.pairs(options.row, "log")
        _active_run().log({key: _number(value) for key, value in row.items()}, step=options.step)

    def _finish(self, options: Any) -> None:
        _active_run().finish(exit_code=options.exit_code)

    def _status(self, _options: Any) -> None:
        run = _active_run()
        print(f"{clean(run.name)} · {run.state} · step {run.step} · {clean(run.project)} · {run.dir}")  # noqa: T201 -- the user asked for it
        _print_lines(sync_magics.sync_state, run)

    def _ls(self, options: Any) -> None:
        runs = list_runs(options.project, options.limit)
        print("\n".join(table(runs)) if runs else "no runs yet; start one with %wandb init")  # noqa: T201 -- the user asked for it

    def _show(self, options: Any) -> None:
        show_run(self.shell, magic_words.unquote(options.run))

    def _diff(self, options: Any) -> None:
        show(self.shell, diff([magic_words.unquote(word) for word in options.runs]))

    def _compare(self, options: Any) -> None:
        keys = [magic_words.unquote(word) for word in options.keys]
        show(self.shell, compare(options.last, options.group, options.project, keys))

    def _as_wandb(self, options: Any) -> None:
        package = sys.modules["wandb_nb"]  # its top, where the call is, is a layer above this one
        if options.off:
            package.uninstall_as_wandb()
            print("import wandb no longer gives wandb_nb")  # noqa: T201 -- the user asked for it
        else:
            package.install_as_wandb()
            print("import wandb and !wandb give wandb_nb in this notebook")  # noqa: T201 -- the user asked for it

    def _track_cell(self, arguments: list[str]) -> None:
        run = start_run("%%wandb", arguments[1:] if arguments[:1] == ["init"] else arguments)
        if run is not None:
            self.cell_run.begin(run)


def _print_lines(command: Callable[[Any], Iterable[str]], options: Any) -> None:
    """Print each line of *command* as soon as it is there."""
    for line in command(options):
        print(fitting(line), flush=True)  # noqa: T201 -- the user asked for it


def _active_run() -> Run:
    run = active_runs.current()
    if run is None:
        raise UsageError("%wandb: no run is active; start one with %wandb init")
    return run


def _number(value: Any) -> Any:
    """Return a NaN or infinity that was given as text as a float."""
    return float(value) if isinstance(value, str) and value in NON_LITERAL_NUMBERS else value
