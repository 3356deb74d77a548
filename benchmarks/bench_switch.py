"""What the switch for `import wandb` costs: the startup file while it is off and on, and the launcher.

python benchmarks/bench_switch.py [--rounds 200]

The startup file is processed as `site` does it at interpreter start, in a new interpreter each round, after another
startup file (an editable install and setuptools have one). The smallest time counts. "on" is with WANDB_NB_AS_WANDB=1
in a process that imports no wandb. The launcher's time is that of `wandb-nb run` with an empty program, less that of
Python with it.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

import wandb_nb

BUDGET_OFF_MICROSECONDS = 50
PTH = Path(wandb_nb.__file__).parent / "compat/as_wandb.pth"
PROCESS = f"""
import pathlib, site, tempfile, time
folder = pathlib.Path(tempfile.mkdtemp())
(folder / "other.pth").write_text("import os\\n")
site.addpackage(str(folder), "other.pth", set())
(folder / "other.pth").unlink()
folder.rmdir()
began = time.perf_counter()
site.addpackage({str(PTH.parent)!r}, {PTH.name!r}, set())
print((time.perf_counter() - began) * 1e6)
"""
LAUNCHER = (sys.executable, "-c", "from wandb_nb.cli import main; main()", "run", "-c", "pass")


def startup(rounds: int, **variables: str) -> list[float]:
    """Return the microseconds that the startup file takes, once for each new interpreter."""
    command = [sys.executable, "-S", "-c", f"import sys; sys.path += {sys.path!r}\n{PROCESS}"]
    environment = {name: value for name, value in os.environ.items() if name != "WANDB_NB_AS_WANDB"} | variables
    outputs = (subprocess.run(command, env=environment, capture_output=True, check=True) for _ in range(rounds))
    return [float(done.stdout) for done in outputs]


def seconds(*command: str) -> float:
    """Return how long a command takes."""
    began = time.perf_counter()
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    return time.perf_counter() - began


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200, help="interpreters to start for each figure")
    rounds = parser.parse_args().rounds
    off, on = startup(rounds), startup(rounds, WANDB_NB_AS_WANDB="1")
    pairs = [(seconds(sys.executable, "-c", "pass"), seconds(*LAUNCHER)) for _ in range(max(rounds // 10, 1))]
    verdict = "ok" if min(off) <= BUDGET_OFF_MICROSECONDS else "missed"
    print(f"startup file, off: {min(off):.0f} us, median {statistics.median(off):.0f} (budget 50: {verdict})")
    print(f"startup file, on: {min(on) / 1e3:.1f} ms, median {statistics.median(on) / 1e3:.1f}")
    print(f"launcher over python: {min(launched - plain for plain, launched in pairs) * 1e3:.0f} ms")


if __name__ == "__main__":
    main()
