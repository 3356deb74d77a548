"""A process that logs images and tables until it is killed; it reports each row once `log()` has returned."""

from __future__ import annotations

import os
import sys

import numpy as np

import wandb_nb as wandb

if __name__ == "__main__":
    run = wandb.init(dir=sys.argv[1], mode="offline", settings={"silent": True})
    rng = np.random.default_rng()
    for index in range(100_000):
        picture = wandb.Image(rng.integers(0, 255, (64, 64, 3), dtype=np.uint8))
        table = {"table": wandb.Table(["picture"], [[picture]])} if index % 3 == 0 else {}
        run.log({"noise": picture, "i": index, **table})
        os.write(1, b"%d\n" % index)
