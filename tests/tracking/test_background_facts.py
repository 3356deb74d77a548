"""What is gathered in the background: one source that hangs or fails costs itself only, and no time at the end."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import wandb_nb as wandb
from wandb_nb.store.format.yaml_text import to_yaml

if TYPE_CHECKING:
    from pathlib import Path

SCRIPT = """
import time, wandb_nb as wandb
{prepare}
run = wandb.init(mode="offline")
run.log({{"a": 1}})
begin = time.perf_counter()
run.finish()
print(time.perf_counter() - begin)
"""
HANG = "import time; {patch} = lambda *_: time.sleep(60)"
FAIL = "def fail(*_): raise UnicodeDecodeError('ascii', b'x', 0, 1, 'odd')\n{patch} = fail"
TARGETS = {
    "packages": (
        "from wandb_nb.capture.code import requirements as module\n",
        "module.installed",
        "packages",
        "requirements.txt",
    ),
    "cards": (
        "from wandb_nb.capture.machine import gpu as module\n",
        "module.GpuReader.describe",
        "graphics cards",
        "",
    ),
    "disks": ("import shutil as module\n", "module.disk_usage", "disks", ""),
    "machine": ("import platform as module\n", "module.libc_ver", "", ""),
    "changes": (
        "from wandb_nb.capture.code import work_tree_diff as module\n",
        "module.against_commit",
        "changes",
        "diff.patch",
    ),
}


def run(folder: Path, prepare: str) -> tuple[float, str, Path]:
    """Run the script in a repository with a change; return the seconds of `finish()`, stderr and the files."""
    (folder / "s.py").write_text(SCRIPT.format(prepare=prepare))
    git = ["git", "-c", "user.name=n", "-c", "user.email=n@example.invalid"]
    for words in (["init", "-q"], ["add", "s.py"], ["commit", "-qm", "first"]):
        subprocess.run([*git, *words], cwd=folder, check=True)
    with (folder / "s.py").open("a") as file:
        file.write("# changed\n")
    done = subprocess.run([sys.executable, "s.py"], cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 0, done.stderr
    return float(done.stdout.split()[-1]), done.stderr, folder / "wandb/latest-run/files"


@pytest.mark.parametrize("fault", [HANG, FAIL], ids=["hangs", "fails"])
@pytest.mark.parametrize("target", TARGETS)
def test_each_source_costs_itself_only(tmp_path: Path, target: str, fault: str) -> None:
    """A source that hangs or raises is reported; the files of all others are there, and `finish()` takes a second."""
    imports, name, word, missing = TARGETS[target]
    seconds, errors, files = run(tmp_path, imports + fault.format(patch=name))
    assert seconds < 1.5  # the limit is 1, the rest the machine's
    expected = {"requirements.txt", "diff.patch", "wandb-metadata.json", "config.yaml", "wandb-summary.json"}
    assert {path.name for path in files.iterdir()} >= expected - {missing}
    assert not missing or not (files / missing).exists()
    facts = json.loads((files / "wandb-metadata.json").read_text())
    assert facts["python"]
    if target != "machine":
        assert facts["memory"]
    if target == "disks" and fault is FAIL:
        assert facts["os"]
    assert word in errors


def test_the_end_of_an_empty_run_reads_little(tmp_path: Path) -> None:
    """A run with nothing logged opens no package's METADATA and loads no YAML, numpy or pandas."""
    watch = """
import sys
opened = []
sys.addaudithook(lambda event, arguments: opened.append(str(arguments[0])) if event == "open" else None)
"""
    (tmp_path / "s.py").write_text(
        watch + "import wandb_nb as wandb\nwandb.init(mode='offline').finish()\n"
        "print(sum(name.endswith('METADATA') for name in opened))\n"
        "print([name for name in ('yaml', 'numpy', 'pandas', 'importlib.metadata') if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "s.py"], cwd=tmp_path, capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.split("\n", 1) == ["0", "[]\n"]
    assert (tmp_path / "wandb/latest-run/files/requirements.txt").read_text()


def test_a_git_that_hangs(tmp_path: Path) -> None:
    """A `git` program that never ends costs the patch only, and does not outlive the end of the run by long."""
    program = tmp_path / "bin/git"
    program.parent.mkdir()
    hang = f"import os; os.environ['PATH'] = {str(program.parent)!r}"
    program.write_text("#!/bin/sh\nexec /bin/sleep 60\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    seconds, errors, files = run(tmp_path, hang)
    assert seconds < 1.5
    assert "changes of the work tree" in errors
    assert (files / "requirements.txt").read_text()


def test_no_new_threads(tmp_path: Path) -> None:
    """Where the system allows no more threads, the rows are stored, the run ends, and it is reported."""
    prepare = (
        'import threading\ndef fail(*_): raise RuntimeError("can\'t start new thread")\nthreading.Thread.start = fail'
    )
    seconds, errors, files = run(tmp_path, prepare)
    assert seconds < 1.5
    assert "can't start new thread" in errors
    assert (files / "wandb-summary.json").exists()
    assert wandb.read(files.parent)["a"].tolist() == [1]


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
)


@given(st.dictionaries(st.text(), plain))
def test_config_yaml_is_yaml(values: dict[str, object]) -> None:
    """What is written as YAML is what a YAML package reads: texts of any kind, numbers, nested dicts and lists."""
    assert yaml.safe_load(to_yaml(values)) == values
