"""A program that logs ROWS rows online, prints, changes its config and ends: ID ROWS."""

from __future__ import annotations

import sys
import time

import wandb_nb as wandb

name, rows = sys.argv[1], int(sys.argv[2])
run = wandb.init(
    project="p", id=name, tags=["x"], notes="n\n2", settings={"silent": True, "x_stats_sampling_interval": 0.1}
)
sys.stderr.write(f"{run.directory}\n")
sys.stderr.flush()
for n in range(rows):
    run.log({"n": n, "half": n / 2, "deep": {"text": f"é{n}"}})
    if n % 40 == 0:
        sys.stdout.write(f"line {n}\n")
    if n % 97 == 0:
        run.config.update({"late": n}, allow_val_change=True)
    time.sleep(0.001)  # some work
run.finish()
