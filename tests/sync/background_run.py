"""A program that logs N rows, which the background process sends: FOLDER DATA URL ROWS PAUSE."""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from sending import KEY, run_file, start

from wandb_nb.sync.background.launch import BackgroundProcess

folder, data, url, rows, pause = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], int(sys.argv[4]), float(sys.argv[5])
quick = {f"WANDB_X_{kind}_RETRY_WAIT_MIN_SECONDS": "0.05" for kind in ("GRAPHQL", "FILE_STREAM", "FILE_TRANSFER")}
quick |= {f"WANDB_X_{kind}_RETRY_WAIT_MAX_SECONDS": "0.3" for kind in ("GRAPHQL", "FILE_STREAM", "FILE_TRANSFER")}
run = start(folder)
background = BackgroundProcess(data, {"WANDB_BASE_URL": url, "WANDB_API_KEY": KEY, **quick})
began = time.perf_counter()
background.add_run(run_file(run))
sys.stdout.write(f"{run_file(run)} {time.perf_counter() - began:.4f}\n")
sys.stdout.flush()
for n in range(rows):
    run.log({"n": n})
    time.sleep(pause)
sys.stdout.write("logged\n")
sys.stdout.flush()
if os.environ.get("LIVE_ON"):
    sys.stdin.readline()
    while not background.ensure_running():  # Until it notices that the service is gone.
        time.sleep(0.02)
run.finish()
