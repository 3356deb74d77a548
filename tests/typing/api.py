"""Usage of the public names, for the type checker: it must find nothing wrong here."""

from __future__ import annotations

import wandb_nb as wandb

run: wandb.Run = wandb.init(project="p", config={"lr": 0.1}, tags=["a"], settings=wandb.Settings(silent=True))
run.log({"loss": 1.0, "deep": {"a": 1}}, step=3, commit=True)
wandb.log({"loss": 1.0})
rate: float = wandb.config.lr
wandb.config.update({"epochs": 3}, allow_val_change=True)
run.summary["best"] = 1
wandb.summary["best"] = 2
best: object = run.summary["best"]
run.define_metric("val/*", step_metric="epoch", summary="min,max", goal="minimize")
run.name = "other"
run.tags = ["a", "b"]
code: int | None = run.exit_code
active: wandb.Run | None = wandb.run
with wandb.init(mode="disabled") as inner:
    inner.log({})
frame = wandb.read("latest")
columns: list[str] = list(frame.columns)
wandb.finish(exit_code=0)
