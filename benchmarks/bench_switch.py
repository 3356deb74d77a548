"""What the switch for `import wandb` costs: the startup file while it is off and on, and the launcher.

python benchmarks/bench_switch.py [--rounds 200] [--before CHECKOUT]

The startup file is processed as `site` does it at interpreter start, in a new interpreter each time, after another
startup file (an editable install and setuptools have one). The states take turns, and the smallest time of each counts.
"empty" is a startup file with `import os` only, "on" is with WANDB_NB_AS_WANDB=1 in a process that imports no wandb,
"before" the file of another version of this project. The launcher's time is that of `wandb-nb run` with an empty
program, less that of Python with it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

BUDGET_OFF_MICROSECONDS = 50
PTH = "wandb_nb/compat/as_wandb.pth"
PROCESS = """
import site, sys, time
sys.path += {path!r}
site.addpackage({folder!r}, "other.pth", set())
began = time.perf_counter()
site.addpackage({folder!r}, {name!r}, set())
print((time.perf_counter() - began) * 1e6)
"""
LAUNCHER = (sys.executable, "-c", "from wandb_nb.cli import main; main()", "run", "-c", "pass")


def prepare(folder: Path, before: str | None) -> None:
    """Write the startup files into *folder*."""
    checkouts = {"ours": str(Path(__file__).parents[1]), **({"before": before} if before else {})}
    for name, checkout in checkouts.items():
        (folder / f"{name}.pth").write_bytes((Path(checkout) / PTH).read_bytes())
    (folder / "empty.pth").write_text("import os\n")
    (folder / "other.pth").write_text("import os\n")


def startup(folder: Path, name: str, **variables: str) -> float:
    """Return the microseconds that the startup file *name* takes in a new interpreter."""
    source = PROCESS.format(path=sys.path, folder=str(folder), name=f"{name}.pth")
    environment = {key: value for key, value in os.environ.items() if key != "WANDB_NB_AS_WANDB"} | variables
    command = [sys.executable, "-S", "-c", source]
    return float(subprocess.run(command, env=environment, capture_output=True, check=True).stdout)


def seconds(*command: str) -> float:
    """Return how long a command takes."""
    began = time.perf_counter()
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description="Measure the switch for 'import wandb'.")
    parser.add_argument("--rounds", type=int, default=200, help="interpreters to start for each figure")
    parser.add_argument("--before", metavar="CHECKOUT")
    given = parser.parse_args()
    states = {"off": ("ours", {}), "on": ("ours", {"WANDB_NB_AS_WANDB": "1"}), "empty": ("empty", {})}
    if given.before:
        states["before, off"] = ("before", {})
    times: dict[str, list[float]] = {state: [] for state in states}
    with tempfile.TemporaryDirectory() as name:
        prepare(Path(name), given.before)
        for _ in range(given.rounds):
            for state, (file, variables) in states.items():
                times[state].append(startup(Path(name), file, **variables))
    for state, each in times.items():
        print(f"startup file, {state}: {min(each):.0f} us, median {statistics.median(each):.0f}")
    verdict = "ok" if min(times["off"]) <= BUDGET_OFF_MICROSECONDS else "missed"
    print(f"budget while it is off: {BUDGET_OFF_MICROSECONDS} us: {verdict}")
    pairs = [(seconds(sys.executable, "-c", "pass"), seconds(*LAUNCHER)) for _ in range(max(given.rounds // 10, 1))]
    print(f"launcher over python: {min(launched - plain for plain, launched in pairs) * 1e3:.0f} ms")


if __name__ == "__main__":
    main()
