"""The cost of comparing two runs: from their files to the text and to the output of a notebook.

python benchmarks/bench_compare.py [rows]

Times are processor times; the budget for two runs of 100,000 rows is one second.
"""

from __future__ import annotations

import math
import os
import sys
import tempfile
import time

import wandb_nb as wandb


def main():
    """Measure and print."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    os.environ["WANDB_NB_DATA_DIR"] = tempfile.mkdtemp()
    folder = tempfile.mkdtemp()
    for rate in (0.1, 0.3):
        with wandb.init(project="p", dir=folder, config={"lr": rate}, mode="offline", settings={"silent": True}) as run:
            for step in range(rows):
                run.log({"loss": 1 / (1 + rate * step / 100) + math.sin(step) / 10, "accuracy": step / rows})
    began = time.process_time()
    from wandb_nb.compare import comparison_bundle, comparison_text, run_choice

    marks = [("imports", time.process_time())]
    found = run_choice.diff("latest~1", "latest")
    marks.append((f"two runs of {rows:,} rows read and compared", time.process_time()))
    comparison_text.lines(found)
    marks.append(("as text", time.process_time()))
    comparison_bundle.bundle(found)
    marks.append(("as a notebook's output, with the picture library's import", time.process_time()))
    for name, mark in marks:
        print(f"{name:60}{(mark - began) * 1e3:9.1f} ms")
        began = mark


if __name__ == "__main__":
    main()
