"""`%wandb` and `%%wandb`."""

from __future__ import annotations

import functools
import time
from typing import TYPE_CHECKING, Any

from IPython.core.error import UsageError
from IPython.core.magic import Magics, line_cell_magic, magics_class
from traitlets import Bool

from wandb_nb import errors
from wandb_nb.notebook.magics import magic_arguments, sync_magics
from wandb_nb.notebook.magics.cell_magic import WORD as CELL
from wandb_nb.notebook.magics.compare_magics import compare, diff, show
from wandb_nb.store.runs.registry import Registry
from wandb_nb.store.writing.owner_lock import owner_alive
from wandb_nb.tracking.process import active_runs
from wandb_nb.tracking.start.init import init
from wandb_nb.view import run_text

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from wandb_nb.notebook.cell_hooks import CellHooks
    from wandb_nb.store.runs.registry import RunEntry
    from wandb_nb.tracking.run import Run

NUMBERS_THAT_ARE_NO_LITERALS = ("nan", "inf", "-inf")


def _documentation() -> str:
    """Return the help text behind `%wandb?`."""
    lines = [
        "Track experiments in this notebook.",
        "",
        "    %wandb            show the active run",
        *(f"    %wandb {name:<10} {meaning}" for name, meaning in magic_arguments.SUBCOMMANDS.items()),
        "    %%wandb [options] [key=value ...]",
        "                      track this one cell: options as for init; the run ends with the cell",
        "",
        "Values are read as Python literals, else as text. IPython fills in $name and {expression}.",
        "",
        magic_arguments.init_parser().format_help(),
    ]
    return "\n".join(lines)


@magics_class
class WandbMagics(Magics):
    """The magics, and what `%config WandbMagics` can set."""

    display = Bool(True, help="Show a run's charts unasked, under the cell that starts it or logs.").tag(config=True)

    def __init__(self, shell: Any) -> None:
        super().__init__(shell)
        self.hooks: CellHooks | None = None
        self._commands: dict[str, Callable[[Any], None]] = {
            "init": self._init,
            "log": self._log,
            "finish": self._finish,
            "status": self._status,
            "ls": self._ls,
            "diff": self._diff,
            "compare": self._compare,
            "sync": functools.partial(_tell, sync_magics.sync),
            "server": functools.partial(_tell, sync_magics.server),
        }

    @line_cell_magic
    def wandb(self, line: str, cell: str | None = None) -> None:  # noqa: D102  the help text is set below
        if cell is not None:
            raise UsageError("%%wandb must be the first line of its cell")
        try:
            self._run(magic_arguments.split(line))
        except errors.Error as error:
            raise UsageError(str(error)) from None  # IPython shows it as one line, and Run All stops

    wandb.__doc__ = _documentation()

    def _run(self, words: list[str]) -> None:
        command, rest = (words[0], words[1:]) if words else ("", [])
        if command == "":
            _active().display()
        elif command in ("help", "-h", "--help"):
            print(_documentation())  # noqa: T201  help was asked for
        elif command == CELL:
            self._track_cell(rest)
        elif command in self._commands:
            self._carry_out(command, rest)
        else:
            raise UsageError(f"%wandb: unknown command {command!r}; there are {', '.join(self._commands)}")

    def _carry_out(self, command: str, words: list[str]) -> None:
        given = magic_arguments.parse(command, words)
        if given.help:
            print(magic_arguments.PARSERS[command]().format_help())  # noqa: T201  help was asked for
        else:
            self._commands[command](given)

    def _init(self, given: Any) -> None:
        _start(given)

    def _log(self, given: Any) -> None:
        row = magic_arguments.pairs(given.row, "log")
        _active().log({key: _number(value) for key, value in row.items()}, step=given.step)

    def _finish(self, given: Any) -> None:
        _active().finish(exit_code=given.exit_code)

    def _status(self, _given: Any) -> None:
        run = _active()
        print(f"{run_text.clean(run.name)} · {run.state} · step {run.step} · {run_text.clean(run.project)} · {run.dir}")  # noqa: T201

    def _ls(self, given: Any) -> None:
        runs = [entry for entry in Registry().all() if given.project in (None, entry.project)][: given.limit]
        print("\n".join(map(_listed, runs)) or "No runs here yet: %wandb init starts one.")  # noqa: T201

    def _diff(self, given: Any) -> None:
        show(self.shell, diff([magic_arguments.unquote(word) for word in given.runs]))

    def _compare(self, given: Any) -> None:
        keys = [magic_arguments.unquote(word) for word in given.keys]
        show(self.shell, compare(given.last, given.group, given.project, keys))

    def _track_cell(self, words: list[str]) -> None:
        given = magic_arguments.parse("init", words[1:] if words[:1] == ["init"] else words)
        if given.help:
            print(magic_arguments.init_parser().format_help())  # noqa: T201  help was asked for
            return
        run = _start(given)
        if self.hooks is not None:
            self.hooks.cell_ends = functools.partial(_end, run)


def _tell(command: Callable[[Any], Iterable[str]], given: Any) -> None:
    """Print what *command* says as it says it."""
    for line in command(given):
        print(line, flush=True)  # noqa: T201


def _start(given: Any) -> Run:
    """Start the run that the options and pairs in *given* describe."""
    named = magic_arguments.init_arguments(given)
    return init(named.pop("config", None), None, named)


def _end(run: Run, succeeded: bool) -> None:
    """End a cell's run, unless the cell did that itself."""
    if run.state == "running":
        run.finish(exit_code=0 if succeeded else 1)


def _active() -> Run:
    run = active_runs.current()
    if run is None:
        raise UsageError("%wandb: there is no active run; %wandb init starts one")
    return run


def _number(value: Any) -> Any:
    """Return the float that a formatted NaN or infinity stood for."""
    return float(value) if isinstance(value, str) and value in NUMBERS_THAT_ARE_NO_LITERALS else value


def _listed(entry: RunEntry) -> str:
    state = "crashed" if entry.state == "running" and owner_alive(entry.path) is False else entry.state
    age = run_text.duration(time.time() - entry.created)
    return f"{entry.id}  {state:<8}  {run_text.clean(entry.project):<20}  {run_text.clean(entry.name):<28}  {age} ago"
