"""The cost of a shown panel for the logging loop: pauses caused by its snapshots, and the hooks of a cell.

python benchmarks/bench_snapshot.py [seconds]

Cells run in a real kernel with the panel shown. For each turn of the loop the processor time of the process is compared
with that of the loop's own thread: the difference is the time when another thread had the interpreter. Other programs
on the machine do not count. The budgets: 20 ms for a turn, 0.5 ms for the hooks of a cell that logs nothing.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile

from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

LOAD = "%load_ext wandb_nb"
LOOP = """
import json, random, time
run = wandb.init(project="bench", settings={{"display": {display}}})
row = {{f"train/m{{i}}": 0.0 for i in range({series})}}
pauses, turns, began = [], 0, time.perf_counter()
while time.perf_counter() < began + {seconds}:
    process, thread = time.process_time(), time.thread_time()
    for _ in range({burst} if turns % 500 == 499 else 1):
        for key in row:
            row[key] = random.random()
        wandb.log(row)
    end = time.perf_counter() + 0.0005
    while time.perf_counter() < end:
        pass
    if turns % 500 != 499:
        pauses.append((time.process_time() - process) - (time.thread_time() - thread))
    turns += 1
pauses.sort()
percentiles = [pauses[int(len(pauses) * share)] * 1e3 for share in (0.99, 0.999)]
print(json.dumps([turns, run.rows, *percentiles, pauses[-1] * 1e3]))
"""
HOOKS = """
import json, time
shell = get_ipython()
hooks = shell._wandb_nb.hooks
class Info: raw_cell = "x = 1"
class Result: success, error_before_exec, error_in_exec = True, None, None
took = []
for _ in range(2_000):
    began = time.thread_time()
    hooks.before_cell(Info)
    hooks.after_cell(Result)
    took.append(time.thread_time() - began)
took.sort()
print(json.dumps([took[1_000] * 1e3, took[1_980] * 1e3]))
"""


def execute(*cells):
    """Return the last line that the last cell printed, parsed as JSON."""
    notebook = new_notebook(cells=[new_code_cell(cell) for cell in cells])
    client = NotebookClient(notebook, timeout=600, resources={"metadata": {"path": tempfile.mkdtemp()}})
    client.execute(stderr=subprocess.DEVNULL)  # messages of kernels at their shutdown
    printed = "".join(output.text for output in notebook.cells[-1].outputs if output.output_type == "stream")
    return json.loads(printed.strip().splitlines()[-1])


def main():
    """Measure and print."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20.0
    os.environ["WANDB_NB_DATA_DIR"] = tempfile.mkdtemp()
    print(f"{'panel':<8}{'metrics':>8}{'rows':>10}{'p99':>9}{'p99.9':>9}{'longest':>9}  ms of pause per turn")
    for display, series, burst in ((False, 4, 1), (True, 4, 1), (True, 12, 1), (True, 40, 1), (True, 4, 200_000)):
        cell = LOOP.format(display=display, series=series, burst=burst, seconds=seconds)
        _, rows, p99, p999, longest = execute(LOAD, cell)
        print(f"{display!s:<8}{series:>8}{rows:>10}{p99:>9.2f}{p999:>9.2f}{longest:>9.2f}")
    median, p99 = execute(LOAD, "run = wandb.init(project='bench')", "wandb.log({'a': 1})", HOOKS)
    print(f"hooks of a cell that logs nothing, a run shown: {median:.3f} ms, p99 {p99:.3f} ms")


if __name__ == "__main__":
    main()
