"""yolov5 7.0, its logger."""

from pathlib import Path

import numpy as np
import wandb
from wandb.errors import UsageError

assert hasattr(wandb, "__version__")
try:
    wandb.login(timeout=1)
    run = wandb.init(
        config={"epochs": 3}, resume="allow", project="YOLOv5", entity=None, name=None, job_type="Training"
    )
except UsageError as error:
    raise SystemExit(f"not logged in: {error}") from error
for epoch in range(3):
    position = {"minX": 0.1, "minY": 0.1, "maxX": 0.5, "maxY": 0.5}
    box = {"position": position, "class_id": 0, "box_caption": "dog 0.9", "scores": {"class_score": 0.9}}
    boxes = {"predictions": {"box_data": [box], "class_labels": {0: "dog"}}}
    picture = wandb.Image(np.zeros((8, 8, 3), np.uint8), boxes=boxes)
    wandb.log({"metrics/mAP_0.5": epoch, "BoundingBoxDebugger": [picture], "report": wandb.Html("<b>map</b>")})
Path("best.pt").write_text("weights")
wandb.log_artifact("best.pt", name=f"run_{wandb.run.id}_model", type="model", aliases=["latest", "best"])
wandb.log_model("best.pt", name="yolo")
wandb.run.finish()
