"""A process that logs images, tables, videos and artifacts until it is killed.

It reports each row once `log()` has returned.
"""

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
        row = {"noise": picture, "i": index}
        if index % 3 == 0:
            row["table"] = wandb.Table(["picture"], [[picture]])
        if index % 4 == 0:
            row["video"] = wandb.Video(rng.integers(0, 255, (3, 3, 32, 32), dtype=np.uint8))
        if index % 5 == 0:
            data = wandb.Artifact("data", "dataset")
            with data.new_file("noise.bin", "wb") as file:
                file.write(rng.bytes(5_000))
            run.log_artifact(data)
        run.log(row)
        os.write(1, b"%d\n" % index)
