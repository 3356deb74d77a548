"""`wandb-nb run`: a program started by Python itself, with `import wandb` giving wandb_nb in it and in its children.

The launcher only changes the environment and becomes the interpreter (`exec`). Arguments, `sys.path`, `__main__`, exit
code and signals are therefore those of `python PROGRAM`.
"""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING, NoReturn

from wandb_nb.compat import wandb_command
from wandb_nb.compat.alias_finder import VARIABLE
from wandb_nb.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

_WITH_VALUE = ("-W", "-X", "--check-hash-based-pycs")
_PROBE = "import sys; sys.exit('wandb_nb.compat.alias_finder' not in sys.modules)"


def launch(arguments: Sequence[str]) -> NoReturn:
    """Replace this process by `python *arguments*`, with the alias on.

    Raises:
        UsageError: The arguments name no program, or that interpreter would not import wandb_nb as wandb.

    """
    options, program = split(arguments)
    if not program:
        raise UsageError("give the program to run: wandb-nb run SCRIPT [args], or wandb-nb run -m MODULE [args]")
    options = [*_own_options(), *options]
    environ = dict(os.environ)
    environ[VARIABLE] = "1"
    wandb_command.add_to_path(environ)
    _check_interpreter(options, environ)
    sys.stdout.flush()
    sys.stderr.flush()
    os.execve(sys.executable, [sys.executable, *options, *program], environ)  # noqa: S606 -- the user's own program


def split(arguments: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the interpreter options in *arguments*, and the rest: the program with its own arguments."""
    rest = list(arguments)
    options: list[str] = []
    while rest and rest[0].startswith("-") and rest[0] != "-":
        word = rest[0]
        if word.startswith("--") or word[:2] in _WITH_VALUE:
            count = 2 if word in _WITH_VALUE else 1
            options += rest[:count]
            del rest[:count]
            continue
        flags = next((position for position, letter in enumerate(word) if letter in "cm"), len(word))
        options += [word[:flags]] if flags > 1 else []
        if flags < len(word):  # -m or -c, alone or after other letters, as in -um
            return options, [f"-{word[flags:]}", *rest[1:]]
        del rest[0]
    return options, rest


def _own_options() -> list[str]:
    """Return the options that this interpreter was started with: the program gets them, too."""
    return subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined,no-any-return]  # noqa: SLF001 -- multiprocessing does the same; there is no public way


def _check_interpreter(options: Sequence[str], environ: dict[str, str]) -> None:
    """Start the interpreter once without a program and see whether it has the finder.

    Raises:
        UsageError: It does not.

    """
    command = [sys.executable, *options, "-c", _PROBE]
    done = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)  # noqa: S603 -- ourselves
    if done.returncode == 0:
        return
    raise UsageError(
        f"{sys.executable} {' '.join(options)} does not import wandb_nb as wandb".replace("  ", " ")
        + ": it did not read wandb_nb_as_wandb.pth at its start. Options such as -S and -I switch that off; otherwise "
        "install wandb-nb with pip into this environment, or call wandb_nb.install_as_wandb() in the program"
    )
