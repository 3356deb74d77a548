"""Lightning's WandbLogger with a tiny module: hyperparameters, rows on trainer/global_step, watch off."""

import torch
from lightning.pytorch import LightningModule, Trainer, seed_everything
from lightning.pytorch.loggers import WandbLogger
from torch.utils.data import DataLoader, TensorDataset


class Line(LightningModule):
    """A straight line, fitted."""

    def __init__(self, lr: float = 0.05, hidden: int = 4) -> None:
        super().__init__()
        self.save_hyperparameters()
        self.layers = torch.nn.Sequential(torch.nn.Linear(1, hidden), torch.nn.Linear(hidden, 1))

    def training_step(self, batch, index):
        x, y = batch
        loss = torch.nn.functional.mse_loss(self.layers(x), y)
        self.log("train/loss", loss)
        return loss

    def validation_step(self, batch, index):
        x, y = batch
        self.log("val/loss", torch.nn.functional.mse_loss(self.layers(x), y))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=self.hparams.lr)


seed_everything(0)
x = torch.linspace(0, 1, 64).unsqueeze(1)
data = DataLoader(TensorDataset(x, 2 * x + 1), batch_size=8)
logger = WandbLogger(project="programs", name="line", tags=["lightning"], group="fits")
logger.experiment.config.update({"extra": "kept"})
trainer = Trainer(
    max_epochs=3,
    logger=logger,
    log_every_n_steps=2,
    accelerator="cpu",
    enable_checkpointing=False,
    enable_progress_bar=False,
    enable_model_summary=False,
)
trainer.fit(Line(), data, data)
