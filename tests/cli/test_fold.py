"""`wandb-nb verify --fold`: rows of a forked child, after the owner of the run was killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import wandb_nb as wandb
from wandb_nb.errors import StoreError
from wandb_nb.store.reading.tail import verify
from wandb_nb.store.runs.repair import fold_after_crash

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this platform has no fork")

# The child logs and ends; the parent logs, and is killed before it can fold the child's segment.
CRASHING = """
import os, sys, wandb_nb
run = wandb_nb.init(project="p", mode="offline", dir=sys.argv[1], settings=wandb_nb.Settings(silent=True))
for n in range(100):
    run.log({"parent": n})
child = os.fork()
if not child:
    for n in range(50):
        run.log({"child": n})
    run.summary["note"] = "child"
    os._exit(0)
os.waitpid(child, 0)
print(run.directory, flush=True)
os.kill(os.getpid(), 9)
"""


@pytest.fixture
def crashed(tmp_path: Path) -> Path:
    """Return the directory of a run with an unfolded segment."""
    done = subprocess.run(
        [sys.executable, "-c", CRASHING, str(tmp_path)], stdout=subprocess.PIPE, text=True, timeout=60, check=False
    )
    return Path(done.stdout.strip())


def fold(folder: Path) -> dict[str, object]:
    """Run the command and return its report."""
    command = [sys.executable, "-c", "from wandb_nb.cli import main; main()", "verify", str(folder), "--fold", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=True)
    return json.loads(done.stdout)


def test_fold_moves_rows_into_the_run_file(crashed: Path) -> None:
    """Afterwards the run file has all rows of the child, the segment is finished, and the file is undamaged."""
    assert len(verify(crashed).segments) == 1
    report = fold(crashed)
    assert (report["folded"], report["rows"], report["ok"], report["segments"]) == (51, 150, True, [])
    frame = wandb.read(crashed)
    assert sorted(frame["parent"].dropna()) == list(range(100))
    assert sorted(frame["child"].dropna()) == list(range(50))
    summary = frame.attrs["summary"]
    assert (summary["parent"], summary["child"], summary["note"]) == (99, 49, "child")


def test_folding_twice_adds_nothing(crashed: Path) -> None:
    """A second fold has nothing to do."""
    fold(crashed)
    report = fold(crashed)
    assert (report["folded"], report["rows"]) == (0, 150)


def test_fold_behind_a_torn_record(crashed: Path) -> None:
    """If the crash tore the last record, folded rows start at the next block, and only the torn part is lost."""
    (file,) = crashed.glob("run-*.wandb")
    os.truncate(file, file.stat().st_size - 5)
    assert fold_after_crash(crashed) == 51
    report = verify(crashed)
    assert report.rows >= 149
    assert 0 < report.lost <= 32_768
    assert sorted(wandb.read(crashed)["child"].dropna()) == list(range(50))


def test_fold_refuses_an_active_run(tmp_path: Path) -> None:
    """Only the owner may write the file of an active run: nothing is folded, and the error explains who will do it."""
    with wandb.init(mode="offline", dir=tmp_path, settings=wandb.Settings(silent=True)) as run:
        run.log({"a": 1})
        before = Path(run.file).stat().st_size
        with pytest.raises(StoreError, match="may still be written"):
            fold_after_crash(run.directory)
        assert Path(run.file).stat().st_size == before
