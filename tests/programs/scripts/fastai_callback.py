"""fastai's WandbCallback: a learner's config, a row for each batch and epoch, predictions, dataset and model."""

from pathlib import Path

import numpy as np
import torch
import wandb
from fastai.callback.all import SaveModelCallback
from fastai.callback.wandb import WandbCallback
from fastai.vision.all import ImageDataLoaders, Learner, accuracy, set_seed
from PIL import Image

random = np.random.default_rng(0)
for label in ("dark", "light"):
    folder = Path("pictures") / label
    folder.mkdir(parents=True, exist_ok=True)
    for number in range(8):
        pixels = random.integers(0, 128, (8, 8, 3), dtype=np.uint8) + (128 if label == "light" else 0)
        Image.fromarray(pixels.astype(np.uint8)).save(folder / f"{number}.png")
set_seed(0, reproducible=True)
loaders = ImageDataLoaders.from_folder(
    "pictures", valid_pct=0.5, seed=0, bs=4, val_bs=4, num_workers=0, device=torch.device("cpu")
)
with wandb.init(project="programs", name="pictures"):
    net = torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(192, 2))
    learner = Learner(loaders, net, metrics=accuracy)
    with learner.no_bar(), learner.no_logging():
        callback = WandbCallback(log_preds=True, log_model=True, n_preds=4)
        learner.fit(2, 0.01, cbs=[SaveModelCallback(), callback])
