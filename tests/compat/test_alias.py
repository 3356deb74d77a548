"""`import wandb` gives wandb_nb: in one process, beside the official package, and in child processes."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from wandb_nb.compat.alias_finder import WANDB_VERSION
from wandb_nb.compat.alias_table import ALIASES

if TYPE_CHECKING:
    from pathlib import Path

INSTALL = "import wandb_nb; wandb_nb.install_as_wandb()\n"


def python(folder: Path, source: str, *options: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run *source* in a new interpreter, in an empty folder, with nothing but *variables* of W&B's."""
    environment = {**os.environ, "WANDB_MODE": "offline", **variables}
    command = [sys.executable, *options, "-c", source]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def printed(folder: Path, source: str, **variables: str) -> str:
    """Return what *source* prints to stdout; it must not fail."""
    done = python(folder, source, **variables)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_the_modules_are_the_same_objects(tmp_path: Path) -> None:
    """Under each name of the table a module is ours, unchanged, and executed once."""
    source = INSTALL + (
        "import importlib\n"
        "from wandb_nb.compat.alias_table import ALIASES\n"
        "for name, target in ALIASES.items():\n"
        "    module, ours = importlib.import_module(name), importlib.import_module(target)\n"
        "    assert module is ours and module.__name__ == target == module.__spec__.name, name\n"
        "import wandb\n"
        "print(wandb is wandb_nb, wandb.sdk.wandb_run.Run is wandb_nb.Run, wandb.__spec__.name)"
    )
    assert printed(tmp_path, source) == "True True wandb_nb"


def test_every_form_of_import_works(tmp_path: Path) -> None:
    """`import a.b`, `from a import b` and attribute access find each module, the alias off for the last."""
    forms = "".join(
        f"import {name}\nfrom {name.rpartition('.')[0]} import {name.rpartition('.')[2]} as one\nassert one is {name}\n"
        for name in ALIASES
    )
    attributes = "".join(f"assert {name}.__name__ == {target!r}\n" for name, target in ALIASES.items())
    assert printed(tmp_path, INSTALL + forms + "print('there')") == "there"
    assert printed(tmp_path, "import wandb_nb as wandb\n" + attributes + "print('there')") == "there"


def test_programs_find_the_distribution(tmp_path: Path) -> None:
    """`find_spec`, the metadata's version and `packages_distributions` answer for wandb, and agree on the version."""
    source = INSTALL + (
        "import importlib.metadata as metadata, importlib.util\n"
        "assert importlib.util.find_spec('wandb') is not None\n"
        "import wandb\n"
        "assert 'wandb' in metadata.packages_distributions()['wandb']\n"
        "print(metadata.version('wandb'), wandb.__version__)"
    )
    assert printed(tmp_path, source) == f"{WANDB_VERSION} {WANDB_VERSION}"


def test_a_module_that_is_not_there(tmp_path: Path) -> None:
    """A name outside the table is a ModuleNotFoundError, even if one of our files has that name."""
    source = INSTALL + (
        "for name in ('wandb.proto', 'wandb.tracking', 'wandb.settings.model'):\n"
        "    try: __import__(name)\n"
        "    except ModuleNotFoundError as error: print(error.name)"
    )
    assert printed(tmp_path, source).split() == ["wandb.proto", "wandb.tracking", "wandb.settings"]


def test_ours_wins_only_when_asked(tmp_path: Path) -> None:
    """The installed wandb is imported by default; after the call ours is, with one line about it."""
    assert "site-packages/wandb/" in printed(tmp_path, "import wandb_nb, wandb; print(wandb.__file__)")
    done = python(tmp_path, INSTALL + "wandb_nb.install_as_wandb(); import wandb; print(wandb.__file__)")
    assert "wandb_nb" in done.stdout
    assert done.stderr.strip() == "wandb_nb: import wandb gives wandb_nb; the installed wandb is not used"


def test_too_late_is_an_error(tmp_path: Path) -> None:
    """After the installed wandb was imported the call is refused with the remedy."""
    done = python(tmp_path, "import wandb\n" + INSTALL)
    assert done.returncode == 1
    assert "before anything imports wandb" in done.stderr.splitlines()[-1]


def test_it_can_be_undone(tmp_path: Path) -> None:
    """After `uninstall_as_wandb()` the installed wandb is imported again, by children too."""
    source = INSTALL + (
        "import wandb, os\n"
        "wandb.uninstall_as_wandb()\n"
        "import wandb\n"
        "print('site-packages/wandb/' in wandb.__file__, os.environ.get('WANDB_NB_AS_WANDB'), wandb_nb.__version__)"
    )
    assert printed(tmp_path, source) == "True None 0.1.0"


BY_CONTEXT = (
    "import multiprocessing; context = multiprocessing.get_context({!r});"
    "child = context.Process(target=exec, args=(CHILD,)); child.start(); child.join()"
)
CHILDREN = {
    "subprocess": "import subprocess, sys; print(subprocess.check_output([sys.executable, '-c', CHILD], text=True))",
    **{way: BY_CONTEXT.format(way) for way in ("fork", "forkserver", "spawn")},
}


@pytest.mark.parametrize("way", CHILDREN)
def test_children_import_it_too(way: str, tmp_path: Path) -> None:
    """A child process started in any way imports wandb_nb as wandb."""
    child = "CHILD = 'import wandb, wandb_nb; print(wandb is wandb_nb, flush=True)'\n"
    assert printed(tmp_path, INSTALL + child + "if __name__ == '__main__':\n    " + CHILDREN[way]) == "True"


def test_a_child_that_does_not_ask_pays_nothing(tmp_path: Path) -> None:
    """With the variable set, an interpreter start loads the finder alone; without it, not even that."""
    source = "import sys; print(*sorted(name for name in sys.modules if 'wandb' in name))"
    loaded = set(printed(tmp_path, source, WANDB_NB_AS_WANDB="1").split())
    assert "wandb_nb.compat.alias_finder" in loaded
    assert not loaded & {"wandb_nb", "wandb_nb.compat", "wandb_nb.compat.alias_table"}
    assert printed(tmp_path, source) == ""


def test_only_1_switches_it_on(tmp_path: Path) -> None:
    """With another value of the variable the installed wandb is imported."""
    source = "import wandb; print('site-packages/wandb/' in wandb.__file__)"
    assert printed(tmp_path, source, WANDB_NB_AS_WANDB="0") == "True"


def test_a_run_by_a_program_written_for_wandb(tmp_path: Path) -> None:
    """A program that checks for wandb, imports private paths and logs a run gets our run."""
    source = INSTALL + (
        "import wandb\n"
        "from wandb.sdk.wandb_run import Run\n"
        "from wandb.errors import CommError, UsageError\n"
        "run = wandb.init(project='p', config={'lr': 0.1})\n"
        "assert isinstance(run, Run) and wandb.run is run\n"
        "wandb.log({'loss': 1.0})\n"
        "wandb.finish()\n"
        "print(len(wandb_nb.read(run.id)))"
    )
    assert printed(tmp_path, source) == "1"


def test_two_step_init(tmp_path: Path) -> None:
    """[I7] `_WandbInit` takes the arguments first and starts the run then."""
    source = INSTALL + (
        "from wandb.sdk.wandb_init import _WandbInit\n"
        "start = _WandbInit()\n"
        "start.setup({'project': 'p', 'id': 'two', 'entity': None})\n"
        "print(start.init().id)"
    )
    assert printed(tmp_path, source) == "two"


def test_util_and_env(tmp_path: Path) -> None:
    """The functions that programs call return the expected values."""
    source = INSTALL + (
        "import numpy, os, wandb\n"
        "from wandb import util, env\n"
        "env.set_project('other')\n"
        "print(util.json_dumps_safer({'a': numpy.float32(0.5), 'b': {1}, 'c': object}))\n"
        "print(util.get_module('nothing.there'),\n"
        "      len(util.generate_id(12)), util.make_artifact_name_safe('a b/c'), os.environ[env.PROJECT])"
    )
    text = printed(tmp_path, source)
    assert text.startswith('{"a": 0.5, "b": [1], "c": ')
    assert text.endswith("\nNone 12 a_b_c other")
