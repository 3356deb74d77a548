"""One run made with any version of the official package; `make_golden.py` runs it in that version's Python.

Prints what a reader must find in the file as JSON. Written so that old Pythons can run it.
"""

import json
import sys

import numpy as np
import wandb

PARTS = [
    ({"loss": 0.5, "acc": 0.25, "text": "a \u00fc"}, None),
    ({"loss": float("nan"), "acc": float("inf")}, None),
    ({"loss": None, "nested": {"deep": {"er": 3}, "flat": 1.5}}, None),
    ({"loss": 1, "flag": True, "big": 123456789012}, None),
    ({"small": [1, 2.5, 3]}, None),
    ({"loss": 0.125, "acc": -1e-12}, 20),
    ({"acc": 0.75, "epoch": 2}, 20),
    ({"loss": 2.0, "a.b/c": 4}, 21),
]


def main():
    """Make the run."""
    settings = {"x_history_value_encoding": "json,typed"} if "typed" in sys.argv else {}
    run = wandb.init(
        project="golden",
        name="first",
        group="some",
        job_type="train",
        notes="two\nlines",
        tags=["a", "b"],
        config={"lr": 0.1, "layers": [1, 2], "opt": {"name": "adam"}},
        id="golden01",
        settings=wandb.Settings(**settings),
    )
    if hasattr(run, "define_metric"):
        run.define_metric("acc", summary="max")
        run.define_metric("val/*", step_metric="epoch")
    print("a line of output")  # noqa: T201 - what a golden file must hold
    for row, step in PARTS:
        run.log(dict(row), step=step)  # A copy, since old versions add to it.
    for at in range(60):
        run.log({"val/x": at / 7, "epoch": at})
    run.log({"wide": np.arange(100.0)})
    run.config.update({"later": 3})
    run.summary["best"] = 0.5
    run.name = "second"
    wandb.finish()
    print("EXPECTED " + json.dumps({"rows": expected_rows(), "version": wandb.__version__}), file=sys.stderr)  # noqa: T201 - the answer to `make_golden.py`


def expected_rows():
    """Return the rows after merging, with nested keys joined and without what the package adds itself."""
    rows = {}
    step, committed = -1, True
    for row, explicit_step in [*PARTS, *(({"val/x": at / 7, "epoch": at}, None) for at in range(60))]:
        # A row with a step stays open: the next one without a step completes it.
        step = explicit_step if explicit_step is not None else step + committed
        committed = explicit_step is None
        rows.setdefault(step, {}).update(dict(flat("", row)))
    return [{"_step": step, **row} for step, row in rows.items()]


def flat(prefix, row):
    """Yield the leaves of *row* under their joined names."""
    for key, value in row.items():
        if isinstance(value, dict):
            yield from flat(prefix + key + ".", value)
        else:
            yield prefix + key, value


main()
