"""ultralytics 8.4, its callback: it resumes by the names of folders."""

from pathlib import Path

import wandb as wb

assert hasattr(wb, "__version__")
if not wb.run:
    wb.init(project="runs-train", name="exp", config={"imgsz": 64}, id="yolo1")
wb.run.config.setdefaults({"epochs": 3, "imgsz": 1})
assert wb.run.config["imgsz"] == 64
wb.run.define_metric("epoch", hidden=True)
for epoch in range(3):
    wb.run.log({"epoch": epoch}, step=epoch, commit=False)
    wb.run.log({"train/box_loss": 1 / (epoch + 1)}, step=epoch)
    wb.run.log({}, commit=True)
assert list(Path("wandb").glob("*run-*/run-yolo1.wandb"))
wb.run.finish(exit_code=0)
