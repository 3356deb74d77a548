"""Composer's Trainer with its WandBLogger: hyperparameters, metrics, pictures in a list and a table, checkpoints."""

import torch
from composer import Trainer
from composer.callbacks import ImageVisualizer
from composer.loggers import WandBLogger
from composer.models import ComposerClassifier
from torch.utils.data import DataLoader, TensorDataset

torch.manual_seed(0)
pictures = torch.rand(32, 1, 8, 8)
labels = (pictures.mean((1, 2, 3)) > 0.5).long()
data = DataLoader(TensorDataset(pictures, labels), batch_size=8)
model = ComposerClassifier(torch.nn.Sequential(torch.nn.Flatten(), torch.nn.Linear(64, 2)), num_classes=2)
logger = WandBLogger(project="programs", name="classifier", tags=["composer"], log_artifacts=True)
trainer = Trainer(
    model=model,
    train_dataloader=data,
    eval_dataloader=data,
    optimizers=torch.optim.SGD(model.parameters(), lr=0.1),
    max_duration="2ep",
    device="cpu",
    loggers=[logger],
    callbacks=[ImageVisualizer(interval="4ba", num_images=2)],
    save_folder="saved",
    save_interval="1ep",
    progress_bar=False,
    run_name="classifier",
    seed=0,
)
trainer.fit()
logger.log_table(columns=["prompt", "text"], rows=[["a", "b"], ["c", "d"]], name="generations", step=20)
trainer.close()
