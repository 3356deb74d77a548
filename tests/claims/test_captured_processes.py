"""[E3] Several processes: children of a run log to it, and the documented recommendations work too."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from claimed import run, runs, show_json

import wandb_nb as wandb

if TYPE_CHECKING:
    from pathlib import Path

CHILDREN = """
    import multiprocessing
    def work(run, number):
        for step in range(20): run.log({"loss": 100 * number + step})
        run.config.update({f"c{number}": number}); run.summary[f"s{number}"] = number
    def finishes(run): run.log({"last": 1}); run.finish()
    def fails(run): run.log({"failed": 1}); sys.exit(3)
    def dies(run): run.log({"died": 1}); os._exit(9)
    def never(run): run.log({"never": 1})
    if __name__ == "__main__":
        context = multiprocessing.get_context(sys.argv[1])
        r = wandb.init(settings={"silent": True}, config={"own": 0})
        r.log({"own": 1})
        children = [context.Process(target=work, args=(r, number)) for number in range(3)]
        children += [context.Process(target=each, args=(r,)) for each in (finishes, fails, dies, never)]
        for child in children: child.start()
        for child in children: child.join()
        print(*(child.exitcode for child in children), r.state)
        r.log({"own": 2})
        r.finish()
        print(r.state, r.config["c2"], r.summary["s2"], r.summary["own"])
"""


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_children_log_to_the_run(tmp_path: Path, method: str) -> None:
    """All rows, config and summary changes arrive once, also from children that finish, fail, die or just end."""
    done = run(tmp_path, CHILDREN, method, head="import os, sys\nimport wandb_nb as wandb\n")
    assert done.stdout.splitlines() == ["0 0 0 0 3 9 0 running", "finished 2 2 2"], done.stderr
    frame = wandb.read(tmp_path / "wandb/latest-run")
    assert sorted(frame["loss"].dropna()) == [100 * number + step for number in range(3) for step in range(20)]
    assert list(frame["own"].dropna()) == [1, 2]
    assert frame["_step"].is_unique, "all count together"
    assert [frame[name].sum() for name in ("last", "failed", "died", "never")] == [1, 1, 1, 1]
    fields = show_json(tmp_path)
    assert fields["config"] == {"own": 0, "c0": 0, "c1": 1, "c2": 2}
    assert {"s0": 0, "s1": 1, "s2": 2}.items() <= fields["summary"].items()
    assert len(runs(tmp_path)) == 1


def test_a_child_that_outlives_the_run(tmp_path: Path) -> None:
    """A child forked immediately that keeps running blocks neither `finish()` nor the script; its rows are there."""
    source = """
        import signal, time
        r = wandb.init(settings={"silent": True})
        reading, writing = os.pipe()
        child = os.fork()
        if not child:
            r.log({"a": 2}); os.write(writing, b"x"); signal.pause()
        os.read(reading, 1)
        r.log({"a": 1})
        began = time.monotonic()
        r.finish()
        print(time.monotonic() - began < 8, os.waitpid(child, os.WNOHANG) == (0, 0), sorted(wandb.read(r.file)["a"]))
        os.kill(child, signal.SIGKILL)
    """
    done = run(tmp_path, source)
    assert done.stdout == "True True [1.0, 2.0]\n", done.stderr
    assert sorted(wandb.read(tmp_path / "wandb/latest-run")["a"]) == [1, 2]


@pytest.mark.parametrize(
    "pool",
    [
        "import concurrent.futures as c\n    with c.ProcessPoolExecutor(2) as p: list(p.map(work, [r] * 4, range(4)))",
        "from multiprocessing import Pool\n    with Pool(2) as p: p.starmap(work, [(r, n) for n in range(4)])",
        "import joblib\n    joblib.Parallel(n_jobs=2)(joblib.delayed(work)(r, n) for n in range(4))",
    ],
    ids=["ProcessPoolExecutor", "Pool", "joblib"],
)  # fmt: skip
def test_pools(tmp_path: Path, pool: str) -> None:
    """A run is passed to the workers of a pool like any argument."""
    if "joblib" in pool:
        pytest.importorskip("joblib")
    source = "def work(run, n): run.log({'n': n})\nif __name__ == '__main__':\n    r = wandb.init()\n    " + pool
    done = run(tmp_path, source)
    assert done.returncode == 0, done.stderr
    assert sorted(wandb.read(tmp_path / "wandb/latest-run")["n"]) == [0, 1, 2, 3]


def test_attach(tmp_path: Path) -> None:
    """A process with the id gets the run, and `wandb.log` logs to it."""
    source = """
        import subprocess
        r = wandb.init(id="shared", config={"lr": 1})
        child = "import wandb_nb as w; r = w.attach('shared'); w.log({'x': r.config.lr}); print(w.run is r)"
        print(subprocess.run([sys.executable, "-c", child], capture_output=True, text=True, check=True).stdout.strip())
        r.log({"x": 2})
    """
    assert run(tmp_path, source).stdout == "True\n"
    assert sorted(wandb.read(tmp_path / "wandb/latest-run")["x"]) == [1, 2]


def test_the_documented_recommendations(tmp_path: Path) -> None:
    """Either each process has a run in a common group, or one process logs the rows it gets through a queue."""
    source = """
        import multiprocessing
        def own(number):
            with wandb.init(group="experiment", job_type="worker") as r: r.log({"n": number})
        def send(queue, number): queue.put({"n": number})
        if __name__ == "__main__":
            with multiprocessing.Pool(2) as pool: pool.map(own, range(3))
            queue = multiprocessing.Queue()
            workers = [multiprocessing.Process(target=send, args=(queue, number)) for number in range(3)]
            for worker in workers: worker.start()
            with wandb.init(job_type="logger") as r:
                for _ in workers: r.log(queue.get())
            for worker in workers: worker.join()
    """
    done = run(tmp_path, source)
    assert done.returncode == 0, done.stderr
    groups = [show_json(tmp_path, each["id"])["run"]["group"] for each in runs(tmp_path)]
    assert sorted(group or "" for group in groups) == ["", "experiment", "experiment", "experiment"]
    assert sorted(wandb.read(tmp_path / "wandb/latest-run")["n"]) == [0, 1, 2]
