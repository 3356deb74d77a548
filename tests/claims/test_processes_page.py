"""The scripts of `docs/processes.md`, run unchanged."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from claimed import run, runs, show_json

PAGE = (Path(__file__).parents[2] / "docs" / "processes.md").read_text("utf-8")
CHILDREN, GROUP, FIRST, SHARED, QUEUE = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_children_that_log(tmp_path: Path, method: str) -> None:
    """All rows of three children are in one run, and its owner's summary has them at the end."""
    script = CHILDREN.replace('__main__":\n', f'__main__":\n    multiprocessing.set_start_method({method!r})\n')
    done = run(tmp_path, script, head="")
    assert done.stdout.split() == ["0.1"], done.stderr
    assert (len(runs(tmp_path)), show_json(tmp_path)["run"]["rows"]) == (1, 30)


def test_a_group(tmp_path: Path) -> None:
    """Each worker has its own finished run."""
    done = run(tmp_path, GROUP, head="")
    assert done.returncode == 0, done.stderr
    assert sorted((each["name"], each["state"]) for each in runs(tmp_path)) == [
        (f"worker-{number}", "finished") for number in range(3)
    ]
    assert show_json(tmp_path)["run"]["group"] == "experiment-1"


def test_the_first_process_only(tmp_path: Path) -> None:
    """Of two ranks one is tracked."""
    for rank in "01":
        assert run(tmp_path, FIRST, head="", RANK=rank).returncode == 0
    assert len(runs(tmp_path)) == 1


def test_a_shared_run(tmp_path: Path) -> None:
    """The primary process logs to the run; another one without it ends with one line."""
    for rank in "01":
        done = run(tmp_path, SHARED, head="", RANK=rank, WANDB_INIT_TIMEOUT="1")
        assert done.returncode == (rank == "1"), done.stderr
    assert "started the shared run 'shared-run'" in done.stderr
    assert show_json(tmp_path)["run"]["rows"] == 10


def test_a_queue(tmp_path: Path) -> None:
    """One process logs the rows that three processes send it."""
    done = run(tmp_path, QUEUE, head="")
    assert done.returncode == 0, done.stderr
    assert show_json(tmp_path)["run"]["rows"] == 30
