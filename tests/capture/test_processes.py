"""A run in several processes: forked, spawned, in pools, attached by id."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
import yaml

import wandb_nb as wandb

if TYPE_CHECKING:
    from pathlib import Path

SPAWNED = """
import sys, multiprocessing
from concurrent.futures import ProcessPoolExecutor
import wandb_nb as wandb

def work(run, number):
    for step in range(10):
        run.log({"loss": number * 100 + step, "least": number + step})
    run.config.update({f"c{number}": number})
    run.summary[f"s{number}"] = number
    return run.id

if __name__ == "__main__":
    method = sys.argv[1]
    run = wandb.init(settings={"silent": True})
    run.define_metric("least", summary="min")
    run.log({"own": 1})
    if method == "joblib":
        import joblib
        ids = joblib.Parallel(n_jobs=2)(joblib.delayed(work)(run, number) for number in range(3))
    else:
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(method)) as pool:
            ids = list(pool.map(work, [run] * 3, range(3)))
    assert set(ids) == {run.id}, ids
    assert run.state == "running"
    run.log({"own": 2})
    run.finish()
    assert (run.config["c2"], run.summary["s2"]) == (2, 2)
    assert run.summary["own"] == 2
    assert run.summary["loss"] in (9, 109, 209)
    assert run.summary.as_dict()["least"] == {"min": 0}
"""


@pytest.mark.parametrize("method", ["spawn", "fork", "forkserver", "joblib"])
def test_workers_log_to_the_run(tmp_path: Path, method: str) -> None:
    """Rows, config and summary of workers all arrive in one run, each once, and only its owner ends it."""
    if method == "joblib":
        pytest.importorskip("joblib")
    (tmp_path / "s.py").write_text(SPAWNED)
    command = [sys.executable, "-W", "ignore", "s.py", method]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    folder = tmp_path / "wandb/latest-run"
    frame = wandb.read(folder)
    assert sorted(frame["loss"].dropna()) == [number * 100 + step for number in range(3) for step in range(10)]
    assert list(frame["own"].dropna()) == [1, 2]
    assert {f"c{number}": number for number in range(3)}.items() <= frame.attrs["config"].items()
    assert {f"s{number}": number for number in range(3)}.items() <= frame.attrs["summary"].items()
    summary = frame.attrs["summary"]
    assert (summary["loss"] in {9, 109, 209}, summary["own"], summary["least"]) == (True, 2, {"min": 0})
    assert json.loads((folder / "files/wandb-summary.json").read_text())["_step"] >= 30
    config = yaml.safe_load((folder / "files/config.yaml").read_text())
    assert config["c2"] == {"value": 2}
    assert json.loads((folder / "files/wandb-summary.json").read_text())["s2"] == 2


def test_attaching_by_id(tmp_path: Path) -> None:
    """Another process attaches by id, logs and cannot end the run; after the run's end attaching is refused."""
    source = (
        "import sys, wandb_nb as wandb; run = wandb.attach(sys.argv[1]); assert wandb.run is run\n"
        "wandb.log({'epoch': 4}); wandb.log({'x': 5}); assert run.summary.as_dict()['x'] == {'max': 5}\n"
        "run.finish(); wandb.attach(sys.argv[1])"
    )
    with wandb.init(dir=tmp_path, settings={"silent": True}, config={"a": 1}) as run:
        run.define_metric("x", step_metric="epoch", summary="max")
        run.log({"x": 1, "epoch": 3})
        assert wandb.attach(run.id) is run
        command = [sys.executable, "-c", source, run.id]
        subprocess.run(command, cwd=tmp_path, check=True, timeout=60)
        assert run.state == "running"
        run.log({"x": 2})
    frame = wandb.read(tmp_path / "wandb/latest-run")
    assert sorted(frame["x"].dropna()) == [1, 2, 5]
    assert list(frame["epoch"][frame["x"] == 5]) == [4], "the definitions hold in the other process"
    assert frame.attrs["summary"]["x"] == {"max": 5}
    with pytest.raises(wandb.UsageError, match="has ended"):
        wandb.attach(run.id)
    with pytest.raises(wandb.RunNotFoundError):
        wandb.attach("nosuchrun")


def test_unpickling_returns_the_same_run(tmp_path: Path) -> None:
    """Unpickling a run in its own process returns the same object; disabled runs work too."""
    with wandb.init(dir=tmp_path, settings={"silent": True}) as run:
        assert pickle.loads(pickle.dumps(run)) is run  # noqa: S301 -- our own
    with wandb.init(mode="disabled", config={"a": 1}, settings={"silent": True}) as run:
        disabled = pickle.loads(pickle.dumps(run))  # noqa: S301 -- our own
    disabled.log({"b": 1})
    assert disabled.disabled
    assert disabled.config["a"] == 1


def test_a_child_that_does_not_log_leaves_no_file(tmp_path: Path) -> None:
    """A process that gets the run and does not log leaves no file; one killed while logging keeps its rows."""
    with wandb.init(dir=tmp_path, settings={"silent": True}) as run:
        run.log({"x": 1})
        (tmp_path / "run").write_bytes(pickle.dumps(run))
        load = "import pickle, os, signal; run = pickle.load(open('run', 'rb'));"
        subprocess.run([sys.executable, "-c", load], cwd=tmp_path, check=True, timeout=60)
        assert not (tmp_path / "wandb/latest-run/segments").exists()
        killed = load + "run.log({'x': 2}); os.kill(os.getpid(), signal.SIGKILL)"
        subprocess.run([sys.executable, "-c", killed], cwd=tmp_path, check=False, timeout=60)
    assert sorted(wandb.read(tmp_path / "wandb/latest-run")["x"]) == [1, 2]
