"""fastai 2.8, `WandbCallback`: it numbers its steps from those of the run."""

from pathlib import Path

import numpy as np
import wandb

wandb.init(project="fastai")
wandb.config.update({"learner": {"bs": 64}, "dls.after_item": "ToTensor"}, allow_val_change=True)
start = wandb.run.step
for batch in range(3):
    wandb.log({"epoch": batch / 3, "train_loss": 1.0}, step=start + batch + 1)
wandb.run.summary["epoch"] = 1
table = wandb.Table(columns=["Input", "Prediction"])
table.add_data(wandb.Image(np.zeros((4, 4, 3), np.uint8)), "cat")
wandb.log({"Predictions": table}, step=start + 3)
wandb.log({})
Path("data.csv").write_text("x\n1\n")
artifact = wandb.Artifact("my-data", type="dataset", metadata={"path": "data.csv"})
artifact.add_file("data.csv")
wandb.run.use_artifact(artifact)
wandb.run.finish()
