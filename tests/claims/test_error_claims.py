"""[E1]…[E3], [I3]…[I5]: the error classes, their messages, several processes, and arguments for integrations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from claimed import check, claim, run, runs

if TYPE_CHECKING:
    from pathlib import Path

# ruff: noqa: E501 - a row's short script may stand on one line

TABLE = [
    claim(
        "E the tree",
        """
        tree = {"UsageError": "Error", "ConfigError": "Error", "CommError": "Error", "AuthenticationError": "CommError",
                "LaunchError": "Error", "InitStartError": "Error"}
        print(*(issubclass(getattr(wandb, name), getattr(wandb, above)) for name, above in tree.items()))
        """,
        "True True True True True True",
    ),
    claim("E no run: what to do", "for call in (lambda: wandb.log({}), lambda: wandb.config.update({}), lambda: wandb.summary['a'], lambda: wandb.define_metric('a')): print_error(call, wandb.UsageError)", "log() needs an active run; call init() first config needs ... summary needs ... define_metric() needs ..."),
    claim("E a row: which call", "r = wandb.init()\nr.log({'loss': object(), 'b': 1})\nprint_error(lambda: r.log([1]), wandb.UsageError)\nr.log({'a': 1})\nprint(len(r.history()))", "log() takes a dict of metrics, got list ... 2"),
    claim("E after the end: which run", "r = wandb.init(id='theid')\nr.finish()\nprint_error(lambda: r.log({'a': 1}), wandb.UsageError)", "... theid ... has finished ... start another with init()"),
    claim("E config: which run", "r = wandb.init(id='theid', config={'a': 1})\nprint_error(lambda: setattr(r.config, 'a', 2), wandb.ConfigError)", "config key 'a' of run theid is 1 and would become 2. ..."),
    claim("E no server", "print_error(lambda: wandb.init(mode='online', settings={'api_key': 'k' * 40, 'base_url': 'http://127.0.0.1:9', 'init_timeout': 1}), wandb.CommError)\nprint(os.listdir('wandb'))", "http://127.0.0.1:9 did not answer within 1 s ... or use mode='offline' and send the run later with 'wandb-nb sync' []"),
    claim("E what is not built says so", "r = wandb.init()\nprint_error(lambda: wandb.agent('x'), wandb.UsageError)\nprint_error(lambda: wandb.sweep({}), wandb.UsageError)", "agent() is not implemented ... sweep() is not implemented ..."),
    claim("E define_metric", "r = wandb.init()\nprint_error(lambda: r.define_metric('a', summary='median'), wandb.UsageError)\nprint_error(lambda: r.define_metric('a', summary='best'), wandb.UsageError)", "... unknown summary='median'; use any of ... summary='best' needs goal='minimize' or goal='maximize'"),
    claim(
        "E3 a run in each process, one group",
        """
        import multiprocessing
        def work(i):
            with wandb.init(project="p", group="experiment", job_type="train", name=f"worker-{i}") as run:
                run.log({"i": i})
        if __name__ == "__main__":
            workers = [multiprocessing.Process(target=work, args=(i,)) for i in range(2)]
            [worker.start() for worker in workers]; [worker.join() for worker in workers]
            print(*(worker.exitcode for worker in workers), wandb.run)
        """,
        "0 0 None",
    ),
    claim(
        "E3 one process logs, the others use a queue",
        """
        import multiprocessing
        def work(queue, i):
            for step in range(3): queue.put({f"loss/{i}": step})
            queue.put(None)
        if __name__ == "__main__":
            queue = multiprocessing.Queue()
            with wandb.init(project="p") as run:
                workers = [multiprocessing.Process(target=work, args=(queue, i)) for i in range(2)]
                [worker.start() for worker in workers]
                left = len(workers)
                while left:
                    row = queue.get()
                    if row is None: left -= 1
                    else: run.log(row)
                [worker.join() for worker in workers]
            print(run.rows, sorted(run.summary.as_dict().items())[:2])
        """,
        "6 [('_runtime', 0), ('_step', 5)]",
    ),
    claim(
        "E3 children of a run just log",
        """
        import multiprocessing
        def work(run, i):
            for step in range(3): run.log({f"loss/{i}": step})
        if __name__ == "__main__":
            run = wandb.init(project="p", id="one")
            for method in ("fork", "spawn"):
                worker = multiprocessing.get_context(method).Process(target=work, args=(run, method))
                worker.start(); worker.join()
                print(worker.exitcode)
            run.finish()
            frame = wandb.read("one")
            print(*frame["loss/fork"].dropna(), *frame["loss/spawn"].dropna(), run.summary["loss/spawn"])
        """,
        "0 0 0.0 1.0 2.0 0.0 1.0 2.0 2",
    ),
    claim("I3 I4 I5 are checked", "for name in ('sync_tensorboard', 'tensorboard', 'monitor_gym'): print_error(lambda: wandb.init(**{name: 'perhaps'}))\nprint_error(lambda: wandb.init(magic=3))", "... (init(sync_tensorboard=)) must be true or false ... (init(tensorboard=)) ... (init(monitor_gym=)) ... 'magic' (init(magic=)) must be ..."),
    *(claim(f"I5 magic={form}", f"print(wandb.init(magic={form}).settings.magic)", printed) for form, printed in (("True", "True"), ("{'keras': {}}", "{'keras': {}}"), ("'magic.yaml'", "magic.yaml"))),
    claim("I3 two names", "print(wandb.init(tensorboard=True).settings.sync_tensorboard, wandb.init(reinit=True, sync_tensorboard=True).settings.sync_tensorboard)", "True True"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "printed"), TABLE)
def test_errors(tmp_path: Path, source: str, printed: str) -> None:
    """A script prints what the claim means."""
    check(tmp_path, source, printed)


def test_a_group_of_processes(tmp_path: Path) -> None:
    """[E3] Each process of a group leaves its own finished run, under the given names."""
    source = {row.id: row.values[0] for row in TABLE}["E3 a run in each process, one group"]
    run(tmp_path, source)
    listed = sorted((each["name"], each["state"], each["steps"]) for each in runs(tmp_path))
    assert listed == [("worker-0", "finished", 1), ("worker-1", "finished", 1)]
