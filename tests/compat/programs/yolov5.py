"""yolov5 7.0, its logger."""

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
    wandb.log({"metrics/mAP_0.5": epoch})
wandb.run.finish()
