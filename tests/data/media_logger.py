"""A process that logs images until it is killed, and reports each row on standard output once `log()` has returned."""

from __future__ import annotations

import os
import sys

import numpy as np

import wandb_nb as wandb

if __name__ == "__main__":
    run = wandb.init(dir=sys.argv[1], mode="offline", settings={"silent": True})
    rng = np.random.default_rng()
    for index in range(100_000):
        run.log({"noise": wandb.Image(rng.integers(0, 255, (64, 64, 3), dtype=np.uint8)), "i": index})
        os.write(1, b"%d\n" % index)
