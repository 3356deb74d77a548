"""Options of the program in the config, and the forms of the argument `magic`."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from wandb_nb.autolog.autolog_options import AutologOptions
from wandb_nb.errors import ConfigError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

ARGPARSE = """
import argparse
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.5)
parser.add_argument("--net", default="wide")
"""
INIT = "run = wandb.init(mode='offline', magic={magic}, settings={{'silent': True}})\n"


def config(folder: Path, source: str, *arguments: str, magic: str = "True", **variables: str) -> Any:
    """Return the config of the run that the program *source*, with *arguments*, has recorded."""
    begin, end = "import json, wandb_nb as wandb\n", "\nrun.finish()\nprint(json.dumps(dict(run.config)))\n"
    (folder / "program.py").write_text(begin + source.replace("INIT", INIT.format(magic=magic)) + end, "utf-8")
    done = subprocess.run(
        [sys.executable, "program.py", *arguments],
        cwd=folder, env=os.environ | variables, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize(
    "source",
    [
        f"INIT\n{ARGPARSE}\nparser.parse_args()",
        f"{ARGPARSE}\narguments = parser.parse_args()\nINIT",
        f"{ARGPARSE}\ndef main(arguments):\n    global run\n    INIT\nmain(parser.parse_args())",
    ],
    ids=["after", "before", "in a function"],
)
def test_parsed_arguments(tmp_path: Path, source: str) -> None:
    """[I5] What argparse has made of the command line is the config, defaults included."""
    assert config(tmp_path, source, "--lr", "0.25") == {"lr": 0.25, "net": "wide"}


def test_flags(tmp_path: Path) -> None:
    """Of absl's flags those that the program defines are the config."""
    source = """
from absl import app, flags
flags.DEFINE_float("lr", 0.5, "rate")
def main(_):
    global run
    INIT
    run.finish()
    print(json.dumps(dict(run.config)))
app.run(main)
"""
    assert config(tmp_path, source, "--lr=0.25") == {"lr": 0.25}


def test_the_command_line(tmp_path: Path) -> None:
    """Without a parser the pairs on the command line are the config."""
    assert config(tmp_path, "INIT", "train", "--lr", "0.25", "--opt.name=sgd", "--fast") == {
        "lr": "0.25", "opt_name": "sgd", "fast": True,
    }  # fmt: skip


def test_a_config_of_the_program_stays_alone(tmp_path: Path) -> None:
    """Nothing is added to a config that the program has filled, nor where options switch it off."""
    assert config(tmp_path, "INIT\nrun.config.mine = 1", "--lr", "1") == {"mine": 1}
    assert config(tmp_path, "INIT", "--lr", "1", magic="'args.sys=false'") == {}
    assert config(tmp_path, "INIT", "--lr", "1", magic="{'args': False}") == {}


def test_parsers_of_libraries_do_not_count(tmp_path: Path) -> None:
    """Arguments that code gives a parser are not the program's own."""
    source = f"INIT\n{ARGPARSE}\nparser.parse_args(['--lr', '2'])"
    assert config(tmp_path, source, "--net", "deep") == {"net": "deep"}


@pytest.mark.parametrize("imported", ["import wandb.magic", "import wandb_nb.autolog.import_switch"])
def test_importing_the_module_switches_it_on(tmp_path: Path, imported: str) -> None:
    """`import wandb.magic` is for all runs of the program, also for one that is active."""
    source = "wandb.install_as_wandb()\nrun = wandb.init(mode='offline', settings={'silent': True})\n"
    assert config(tmp_path, f"{source}{imported}", "--lr", "1") == {"lr": "1"}
    assert config(tmp_path, f"wandb.install_as_wandb()\n{imported}\n{source}", "--lr", "1") == {"lr": "1"}


def test_the_variable_switches_it_on(tmp_path: Path) -> None:
    """`WANDB_MAGIC` has the same forms as the argument."""
    source = "run = wandb.init(mode='offline', settings={'silent': True})"
    assert config(tmp_path, source, "--lr", "1", WANDB_MAGIC="true") == {"lr": "1"}
    assert config(tmp_path, source, "--lr", "1", WANDB_MAGIC='{"enable": false}') == {}


@pytest.mark.parametrize(
    "value",
    [
        {"keras": {"fit": {"epochs": 3}}, "sklearn": False},
        {"keras.fit.epochs": 3, "sklearn": False},
        '{"keras": {"fit.epochs": 3}, "sklearn": false}',
        "keras.fit.epochs=3, sklearn=False",
        "options.yaml",
    ],
)
def test_forms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: Any) -> None:
    """A dict, JSON, pairs and a YAML file give the same options."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "options.yaml").write_text("keras:\n  fit:\n    epochs: 3\nsklearn: false\n", "utf-8")
    options = AutologOptions(value)
    assert (options.at("keras", "fit", "epochs"), options.at("keras", "other", "epochs")) == (3, None)
    assert (options.is_on(), options.is_on("keras"), options.is_on("sklearn")) == (True, True, False)


def test_options_that_cannot_be_understood(tmp_path: Path) -> None:
    """An unknown option, broken JSON and a missing file are errors; a run reports them and records without options."""
    for value, error in (("keres=1", UsageError), ("{1", UsageError), (str(tmp_path / "none.yaml"), ConfigError)):
        with pytest.raises(error):
            AutologOptions(value)
    assert config(tmp_path, "INIT", "--lr", "1", magic="'keres=1'") == {"lr": "1"}
