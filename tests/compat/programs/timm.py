"""timm, Pytorch-UNet, sd-scripts, simpletransformers: setup and an experiment object."""

import wandb

wandb.setup()
experiment = wandb.init(project="U-Net", resume="allow", anonymous="must")
experiment.config.update({"epochs": 3, "amp": False})
for step in range(3):
    experiment.log({"train loss": 0.5, "step": step, "epoch": 0})
wandb.finish()
