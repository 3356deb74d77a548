"""The texts of a laid out run: environment file, `run.sh`, and a README with what to do and what may differ."""

from __future__ import annotations

import posixpath
import shlex
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from wandb_nb.formatting import clean
from wandb_nb.reproduce.captured_run import REQUIREMENTS
from wandb_nb.reproduce.code_layout import CODE, SESSION
from wandb_nb.reproduce.environment_remarks import pinned, python_version
from wandb_nb.reproduce.input_artifacts import FOLDER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from wandb_nb.reproduce.captured_run import CapturedRun
    from wandb_nb.reproduce.remark import Remark

RUN, README = "run.sh", "README.md"


def requirements_text(captured: CapturedRun) -> str:
    """Return the exact versions of the packages, and as comments those that no index has."""
    elsewhere = [f"# {clean(name)} from {clean(address, 500)}" for name, address in captured.local_packages.items()]
    return "".join(f"{line}\n" for line in [*elsewhere, *pinned(captured)])


def command(captured: CapturedRun, working_folder: PurePosixPath) -> list[str]:
    """Return the words of the command after `python`; empty where the program is not known."""
    if captured.cells:
        return ["-m", "jupyter", "execute", SESSION]
    if captured.program.startswith("-m "):
        return ["-m", captured.program.removeprefix("-m "), *captured.arguments]
    if captured.script is None:
        return []
    script = posixpath.relpath(captured.script, working_folder)
    return [f"./{script}" if script.startswith("-") else script, *captured.arguments]


def run_script(captured: CapturedRun, working_folder: PurePosixPath) -> str:
    """Return a shell script that runs the program where it is laid out."""
    folder = PurePosixPath(CODE, working_folder)
    words = shlex.join(command(captured, working_folder))
    return (
        "#!/bin/sh\n"
        f"# Repeats {_of(captured)}; README.md says what it needs.\n"
        "set -e\n"
        'here=$(CDPATH= cd -- "$(dirname -- "$0")" && pwd)\n'
        f'export WANDB_ARTIFACT_DIR="$here/{FOLDER}"\n'
        f'cd -- "$here"/{shlex.quote(str(folder))}\n'
        f'exec "${{PYTHON:-python}}" {words}\n'
    )


def readme(captured: CapturedRun, remarks: Sequence[Remark], *, has_program: bool) -> str:
    """Return the steps, the remarks, and what is in the folder."""
    version = python_version(captured)
    steps = [
        f"uv venv{f' --python {version}' if version else ''} && uv pip install -r {REQUIREMENTS}",
        f"# or: python{version.rpartition('.')[0]} -m venv .venv && .venv/bin/pip install -r {REQUIREMENTS}",
        ". .venv/bin/activate",
        f"sh {RUN}" if has_program else f"# start the program in {CODE}/ as it was started",
        f"wandb-nb diff {shlex.quote(clean(captured.run.id))} latest",
    ]
    lines = [f"- {_markdown(str(remark))}" for remark in remarks] or ["Nothing is known."]
    rows = [
        f"- `{CODE}/`: the code"
        + (f"; `{SESSION}` in it has the cells in the order of execution" * bool(captured.cells)),
        f"- `{FOLDER}/`: the artifacts that the run used",
        f"- `{REQUIREMENTS}`: the packages in their exact versions",
        "- `config.yaml`: the config, for `wandb.init(config=PATH)`",
    ]
    return "\n".join(
        [
            f"# Repeat {_markdown(_of(captured))}",
            "",
            "```sh",
            *steps,
            "```",
            "",
            "## What would keep it from being the same",
            "",
            *lines,
            "",
            "## What is here",
            "",
            *rows,
            "",
        ]
    )


def _of(captured: CapturedRun) -> str:
    name = f"{clean(captured.run.name)} " if captured.run.name else ""
    return f"run {name}({clean(captured.run.id)}) of project {clean(captured.run.project)}"


def _markdown(text: str) -> str:
    """Return *text*, which somebody else wrote, so that it is neither markup nor HTML."""
    return "".join(f"\\{letter}" if letter in "\\`*_[]<>&#!|~" else letter for letter in text)
