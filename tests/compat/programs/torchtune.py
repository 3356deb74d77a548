"""torchtune 0.6, torchtitan 0.3 and axolotl 0.19: settings by environment variables that the program sets."""

import os

os.environ["WANDB_PROJECT"] = "tune"
os.environ["WANDB_RUN_GROUP"] = "g"
import wandb

if wandb.run is None:
    run = wandb.init(project=None, entity=None, group=None, reinit=True, resume="allow", config=None)
assert (run.project, run.group) == ("tune", "g")
run._label(repo="torchtune")
run.define_metric("global_step")
run.define_metric("*", step_metric="global_step", step_sync=True)
with open("config.yaml", "w") as file:
    file.write("model: llama\n")
wandb.save("config.yaml", policy="now")
for step in range(3):
    run.log({"loss": 1.0, "global_step": step})
run.finish()
