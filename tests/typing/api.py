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
wandb.log(data={"loss": 1.0}, step=4, commit=False, sync=None)
saved: list[str] = run.save("*.pt", base_path=".", policy="end", glob=True)
sources: wandb.Artifact | None = run.log_code(".", name="code", include_fn=lambda path: path.endswith(".py"))
sources = run.log_code(exclude_fn=lambda path, root: path.startswith(root), include=("*.py",))
pending: int = run.status().sync_items_pending
page: str | None = run.get_url() or run.project_url or run.settings.run_url
text: str = run.to_html(height=300, hidden=True)
frozen: object = run.config_static["lr"]
plain: dict[str, object] = dict(run.config) | dict(run.summary)
other: wandb.Run = wandb.attach(run_id=run.id)
key: str | None = wandb.api.api_key
wandb.require("service")
wandb.setup(wandb.Settings(project="p"))
logged_in: bool = wandb.login(key=None, timeout=1, verify=False)
wandb.alert("title", "text", level=wandb.AlertLevel.WARN)
wandb.termwarn("careful", repeat=False)
wandb.install_as_wandb()
wandb.uninstall_as_wandb()
wandb.join()
wandb.teardown(exit_code=0)
wandb.finish(exit_code=0)
