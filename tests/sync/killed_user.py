"""A program that logs ROWS rows online and some artifacts, prints, changes its config and ends: ID ROWS."""

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
    if n % 150 == 0:
        artifact = wandb.Artifact(f"data-{name}", type="dataset")
        for path, size in (("small", 10), ("deep/large.bin", 1_000_000)):
            with artifact.new_file(path, mode="wb") as file:
                file.write(bytes([n % 256]) * size)
        run.log_artifact(artifact, aliases=[f"row{n}"])
        run.use_artifact(f"data-{name}:v0")
    time.sleep(0.001)  # some work
run.finish()
