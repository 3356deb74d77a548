"""A user's script that goes online: MODE ROWS [SETTINGS as JSON]; MODE "default" omits the mode."""

from __future__ import annotations

import json
import sys

import wandb_nb as wandb

mode, rows = sys.argv[1], int(sys.argv[2])
settings = {"x_disable_stats": True, "console": "off", **json.loads(sys.argv[3] if len(sys.argv) > 3 else "{}")}
run = wandb.init(project="p", settings={"run_id": "r", **settings}, **({} if mode == "default" else {"mode": mode}))
for n in range(rows):
    run.log({"n": n, "text": "x" * 200})
run.finish()
sys.stdout.write(f"finished {run.outcome}\n")
