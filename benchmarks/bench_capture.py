"""The cost of capturing: `init()` with everything on, and the hooks around each notebook cell.

The hooks are timed inside a real kernel: the time that IPython spends in the callbacks before and after a cell, as wall
time and processor time; on a busy machine only the second is meaningful.

`python benchmarks/bench_capture.py`
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

CELLS = 200
STARTS = 5
HOOKS_MS, INIT_MS = 0.5, 50

SCRIPT = """
import json, sys, time
import wandb_nb as wandb
begin, worked = time.perf_counter(), time.thread_time()
run = wandb.init(mode="offline", save_code=True, config={"lr": 0.1}, settings={"silent": True, "console": "CONSOLE"})
json.dump([time.perf_counter() - begin, time.thread_time() - worked], open("found.json", "w"))
"""

PROBE = """
import json, time
spent, trigger = [[0.0, 0.0]], get_ipython().events.trigger
def timed(event, *arguments, **options):
    begin, worked = time.perf_counter(), time.thread_time()
    trigger(event, *arguments, **options)
    if event == "pre_run_cell": spent.append([0.0, 0.0])
    spent[-1][0] += time.perf_counter() - begin
    spent[-1][1] += time.thread_time() - worked
get_ipython().events.trigger = timed
"""
INIT = """
%load_ext wandb_nb
import wandb_nb as wandb
begin, worked = time.perf_counter(), time.thread_time()
run = wandb.init(mode="offline", settings={"silent": True}, OPTIONS)
init = [time.perf_counter() - begin, time.thread_time() - worked]
"""
KINDS = {
    "x = 1": "x = 1",
    "a print": "print('a line of text')",
    "a display of 50 kB": "from IPython.display import HTML, display; display(HTML('x' * 50_000))",
    "3,900 characters of source": "x = 1  # " + "words of a comment and " * 170,
    "a logged row": "wandb.log({'loss': 1.0})",
}


def script(console: str) -> list[float]:
    """Return wall time and processor time of `init()` in a script in a repository; the median."""
    taken = []
    for _ in range(STARTS):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "train.py").write_text(SCRIPT.replace("CONSOLE", console), "utf-8")
            who = ["-c", "user.name=n", "-c", "user.email=n@example.invalid"]
            for words in (["init", "-q"], ["add", "."], [*who, "commit", "-q", "-m", "first"]):
                subprocess.run(["git", *words], cwd=folder, check=True)
            environment = {**os.environ, "WANDB_NB_DATA_DIR": folder}
            subprocess.run([sys.executable, "train.py"], cwd=folder, env=environment, check=True)
            taken.append(json.loads((Path(folder) / "found.json").read_text()))
    return _medians(taken)


def notebook(options: str, source: str) -> tuple[list[float], list[float]]:
    """Return the times of `init()` after a hundred cells, and of the hooks around one cell, the median."""
    sources = [PROBE, *["y = 1"] * 100, INIT.replace("OPTIONS", options), *[source] * CELLS]
    last = f"json.dump([init, spent[-{CELLS}:-1]], open('found.json', 'w'))"
    with tempfile.TemporaryDirectory() as folder:
        cells = [new_code_cell(each) for each in [*sources, last]]
        resources = {"metadata": {"path": folder}}
        client = NotebookClient(new_notebook(cells=cells), timeout=120, resources=resources)
        client.execute(env={**os.environ, "WANDB_NB_DATA_DIR": folder})
        init, spent = json.loads((Path(folder) / "found.json").read_text())
    return init, _medians(spent)


def main() -> None:
    """Print the table."""
    print(f"{'milliseconds':<64}{'budget':>8}{'clock':>9}{'work':>9}")
    for console in ("wrap", "redirect"):
        _row(f"script: init() with code, git and console={console}", script(console), INIT_MS)
    for what, options in (("sources only", ""), ("everything", "save_code=True")):
        for kind, source in KINDS.items():
            init, hooks = notebook(options, source)
            _row(f"hooks around a cell, {what}: {kind}", hooks, HOOKS_MS)
        _row(f"notebook: init() after 100 cells, {what}", init, INIT_MS)


def _medians(taken: list[list[float]]) -> list[float]:
    return [statistics.median(figures) for figures in zip(*taken, strict=True)]


def _row(what: str, seconds: list[float], budget: float) -> None:
    clock, work = (1e3 * figure for figure in seconds)
    print(f"{what:<64}{budget:>8}{clock:>9.3f}{work:>9.3f}{'  over budget' if work > budget else ''}")


if __name__ == "__main__":
    main()
