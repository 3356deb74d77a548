"""Transformers 5.24, `WandbCallback`."""

import importlib.util
import numbers

assert importlib.util.find_spec("wandb") is not None
import wandb

assert hasattr(wandb, "run")
assert wandb.run is None
from wandb.sdk.lib.config_util import ConfigError

wandb.env.set_project("huggingface")
if wandb.run is None:
    wandb.init(project=wandb.env.get_project("huggingface"), name="trainer")
wandb.config.update({"lr": 1e-3, "betas": (0.9, 0.99)}, allow_val_change=True)
wandb.config["model/num_parameters"] = 7
assert wandb.config.get("model/num_parameters") == 7
wandb.define_metric("train/global_step")
wandb.define_metric("*", step_metric="train/global_step", step_sync=True)
wandb.run._label(code="transformers_trainer")
try:
    wandb.config.update({"lr": 2}, allow_val_change=False)
except ConfigError:
    wandb.termwarn("the config keeps its value")
for step in range(3):
    wandb.log({"train/loss": 1 / (step + 1), "train/global_step": step})
wandb.run.summary["total_flos"] = 3.5
logged = {key: value for key, value in dict(wandb.run.summary).items() if isinstance(value, numbers.Number)}
assert logged["total_flos"] == 3.5
artifact = wandb.Artifact(name=f"model-{wandb.run.name}", type="model", metadata={"total_flos": 3.5})
with artifact.new_file("model_architecture.txt", mode="w+") as file:
    file.write("GPT2LMHeadModel()")
wandb.run.log_artifact(artifact, aliases=["final_model"])
print(wandb.run.id, wandb.run.name, wandb.run.url)
wandb.finish()
