"""One offline run of any version of the official package; `make_folders.py` runs it in that version's Python.

Written so that old versions and old Pythons can run it. `ROWS`, `CONFIG` and the like are what a server must store.
"""

import math
import sys
import time

ROWS = [{"loss": 1 / (n + 1), "deep": {"a": {"b": n}}, "text": f"é{n}\n", "flag": n % 2 == 0} for n in range(20)] + [
    {"loss": math.inf, "none": None, "list": [1, 2.5, "x"]}
]
CONFIG = {"lr": 0.1, "net": {"width": 8, "layers": [1, 2]}, "late": "v"}
SUMMARY = {"best": 0.5, "deep": {"a": {"b": 19}}, "text": "é19\n"}
PRINTED = ["hello", "line 2"]
SAVED = "saved content\n"
PICTURE_STEP = len(ROWS)


def main():
    """Make the run."""
    import numpy as np
    import wandb

    run = wandb.init(
        project="p",
        id="off" + wandb.__version__.replace(".", "-"),
        name="first",
        group="g",
        job_type="j",
        notes="two\nlines",
        tags=["a", "b"],
        config={"lr": 0.1, "net": {"width": 8, "layers": [1, 2]}},
    )
    if hasattr(run, "define_metric"):
        run.define_metric("loss", summary="min")
    for line in PRINTED:
        sys.stdout.write(line + "\n")
    for row in ROWS:
        run.log(dict(row))
    run.log({"picture": wandb.Image(np.zeros((2, 2, 3), dtype="uint8"))})
    with open("saved.txt", "w") as file:  # noqa: PTH123 - old Pythons
        file.write(SAVED)
    run.save("saved.txt")
    run.config.update({"late": "v"})
    run.summary["best"] = 0.5
    time.sleep(3)  # Until there is a system sample.
    wandb.finish()


if __name__ == "__main__":
    main()
