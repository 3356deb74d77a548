"""lerobot 0.4, `WandBLogger`: it resumes by the files of the latest run."""

from glob import glob
from pathlib import Path

import wandb

wandb.init(
    id=None,
    project="lerobot",
    entity=None,
    name="job",
    notes=None,
    tags=["a"],
    dir=".",
    config={"steps": 3},
    save_code=False,
    job_type="train_eval",
    resume=None,
    mode="offline",
)
assert wandb.run.get_url() is None
(path,) = glob("wandb/latest-run/run-*")
assert Path(path).stem == f"run-{wandb.run.id}"
wandb.define_metric("train/custom_step", hidden=True)
for step in range(3):
    wandb.log(data={"train/loss": 1.0}, step=step)
Path("model.safetensors").write_text("weights")
artifact = wandb.Artifact("act-seed_1-000003", type="model")
artifact.add_file("model.safetensors")
wandb.log_artifact(artifact)
