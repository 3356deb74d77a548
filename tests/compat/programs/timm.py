"""timm, Pytorch-UNet, sd-scripts, simpletransformers: setup and an experiment object."""

import numpy as np
import wandb

wandb.setup()
experiment = wandb.init(project="U-Net", resume="allow", anonymous="must")
experiment.config.update({"epochs": 3, "amp": False})
for step in range(3):
    weights = {"Weights/in": wandb.Histogram(np.arange(9.0))}
    pictures = {"images": wandb.Image(np.zeros((4, 4))), "masks": {"true": wandb.Image(np.ones((4, 4)))}}
    experiment.log({"train loss": 0.5, "step": step, "epoch": 0, **pictures, **weights})
wandb.finish()
