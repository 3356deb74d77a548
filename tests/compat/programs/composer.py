"""composer 0.32, `WandBLogger`."""

from pathlib import Path

import numpy as np
import wandb
from wandb.errors import CommError

assert issubclass(CommError, wandb.Error)
wandb.init(project="llm", name="rank0", group=None, entity=None)
wandb.config.update({"seed": 17})
for step in range(3):
    wandb.log({"loss/train/total": step}, step)
table = wandb.Table(columns=["prompt"], rows=[["a"], ["b"]])
masks = {"predictions": {"mask_data": np.zeros((4, 4), np.uint8), "class_labels": {0: "sky"}}}
wandb.log({"generations": table, "Images": [wandb.Image(np.zeros((4, 4, 3), np.uint8), masks=masks)]}, step=2)
Path("ep1.pt").write_text("weights")
artifact = wandb.Artifact(name="checkpoint", type="model", metadata={"timestamp/epoch": 1})
artifact.add_file("ep1.pt")
wandb.log_artifact(artifact, aliases=["latest", "ep1"])
assert wandb.run.get_url() is None
assert wandb.run.dir
assert wandb.run.project == "llm"
wandb.finish(1)
