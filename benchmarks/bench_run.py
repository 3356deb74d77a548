"""What a run costs its user: the budgets of docs/design.md, with the official package and a plain append beside them.

Each figure comes from a process of its own.  Ratios hold where machines differ.  `python benchmarks/bench_run.py`
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
from typing import Any

TIGHT = 50_000
SPACED = 500
WIDE = 2_000
STARTS = 5

MEASURE = """
import time, os, json, sys
now = time.perf_counter
def times(log, count, row, work=0.0):
    taken = []
    for number in range(count):
        values = row(number)
        if work:
            until = now() + work
            while now() < until: pass
        begin = now(); log(values); taken.append(now() - begin)
    taken.sort()
    return [taken[count // 2] * 1e6, taken[count * 99 // 100] * 1e6]
two = lambda n: {"train/loss": 1 / (n + 1), "train/accuracy": n / 1e5}
hundred = lambda n: {f"metric_{k}": n / (k + 1) for k in range(100)}
def memory():
    with open("/proc/self/statm") as file: return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 2**20
found = {}
start_memory = memory() if os.path.exists("/proc/self/statm") else 0
"""

PACKAGE = """
begin = now(); import MODULE as wandb; found["import"] = (now() - begin) * 1e3
settings = wandb.Settings(silent=True)
begin = now(); run = wandb.init(mode="offline", settings=settings); found["init"] = (now() - begin) * 1e3
if ONLY_START: print(json.dumps(found)); sys.stdout.flush(); os._exit(0)
time.sleep(1)  # what is gathered after init() shall not disturb the figures that follow
found["two"] = times(run.log, TIGHT, two)
found["spaced"] = times(run.log, SPACED, two, 0.001)
found["hundred"] = times(run.log, WIDE, hundred)
found["memory"] = memory() - start_memory if start_memory else None
print(json.dumps(found))
sys.stdout.flush(); os._exit(0)
"""

FINISH = """
import MODULE as wandb
run = wandb.init(mode="offline", settings=wandb.Settings(silent=True))
for number in range(100_000): run.log(two(number))
begin = now(); run.finish(); found["finish"] = (now() - begin) * 1e3
files = [os.path.join(at, name) for at, _, names in os.walk("wandb") for name in names if name.endswith(".wandb")]
found["bytes"] = sum(map(os.path.getsize, files)) / 100_000
print(json.dumps(found))
"""

FLOOR = """
fd = os.open("floor", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
found["two"] = times(lambda _row: os.write(fd, b"x" * 125), TIGHT, two)
found["spaced"] = times(lambda _row: os.write(fd, b"x" * 125), SPACED, two, 0.001)
found["hundred"] = times(lambda _row: os.write(fd, b"x" * 4000), WIDE, hundred)
print(json.dumps(found))
"""

BUDGETS = (
    ("import, ms", "import", 150, 80),
    ("init() offline, ms", "init", 50, 20),
    ("log 2 scalars, p50 µs", "two.0", 10, 6),
    ("log 2 scalars, p99 µs", "two.1", 25, None),
    ("log 2 scalars with 1 ms of work between, p50 µs", "spaced.0", 35, 25),
    ("log 100 scalars, p50 µs", "hundred.0", 60, 35),
    ("bytes a row of 2 scalars", "bytes", 160, 125),
    ("finish() after 100,000 rows, ms", "finish", 100, 50),
    ("memory added, MB", "memory", 25, None),
)


def package(module: str) -> dict[str, Any]:
    """Measure a package of the documented API; import and start are medians of several processes."""
    starts = [measured(PACKAGE, module, only_start=True) for _ in range(STARTS)]
    medians = {name: statistics.median(start[name] for start in starts) for name in ("import", "init") if all(starts)}
    return measured(PACKAGE, module) | measured(FINISH, module) | medians


def measured(source: str, module: str = "", *, only_start: bool = False) -> dict[str, Any]:
    """Run *source* in a process and a folder of its own and return what it found."""
    constants = {"MODULE": module, "TIGHT": TIGHT, "SPACED": SPACED, "WIDE": WIDE, "ONLY_START": only_start}
    for name, value in constants.items():
        source = source.replace(name, str(value))
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "WANDB_NB_DATA_DIR": folder, "WANDB_MODE": "offline", "WANDB_SILENT": "true"}
        command = [sys.executable, "-c", MEASURE + source]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        print(f"{module}: {done.stderr[-500:]}", file=sys.stderr)
        return {}
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def at(found: dict[str, Any], path: str) -> float | None:
    """Return the figure at *path*, as in "two.0"."""
    name, _, index = path.partition(".")
    value = found.get(name)
    return value[int(index)] if index and value is not None else value


def shown(value: float | None, unit: str = "") -> str:
    """Return a figure with one digit, a dash for none."""
    return "-" if value is None else f"{value:.1f}{unit}"


def main() -> None:
    """Print the table."""
    ours, floor, official = package("wandb_nb"), measured(FLOOR), package("wandb")
    print(f"{'what':<50}{'budget':>8}{'aim':>6}{'ours':>9}{'official':>10}{'ratio':>8}{'append':>9}{'ratio':>8}")
    for words, path, budget, aim in BUDGETS:
        mine, theirs, least = (at(found, path) for found in (ours, official, floor))
        verdict = "" if mine is None or mine <= budget else "  over budget"
        ratios = [shown(other / mine if mine and other else None, "x") for other in (theirs,)]
        ratios.append(shown(mine / least if mine and least else None, "x"))
        print(
            f"{words:<50}{budget:>8}{aim or '-':>6}{shown(mine):>9}"
            f"{shown(theirs):>10}{ratios[0]:>8}{shown(least):>9}{ratios[1]:>8}{verdict}"
        )


if __name__ == "__main__":
    main()
