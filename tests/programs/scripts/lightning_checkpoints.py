"""Lightning's WandbLogger with checkpoints as artifacts, the last ones or all, and with tables, pictures and text."""

import torch
from lightning.pytorch import LightningModule, Trainer, seed_everything
from lightning.pytorch.callbacks import ModelCheckpoint
from lightning.pytorch.loggers import WandbLogger
from torch.utils.data import DataLoader, TensorDataset


class Line(LightningModule):
    """A straight line, fitted."""

    def __init__(self) -> None:
        super().__init__()
        self.layer = torch.nn.Linear(1, 1)

    def training_step(self, batch, index):
        x, y = batch
        loss = torch.nn.functional.mse_loss(self.layer(x), y)
        self.log("train/loss", loss)
        return loss

    def validation_step(self, batch, index):
        x, y = batch
        self.log("val/loss", torch.nn.functional.mse_loss(self.layer(x), y))

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.05)


x = torch.linspace(0, 1, 32).unsqueeze(1)
data = DataLoader(TensorDataset(x, 2 * x + 1), batch_size=8)
for log_model in (True, "all"):
    seed_everything(0)
    logger = WandbLogger(project="programs", name=f"checkpoints-{log_model}", log_model=log_model)
    trainer = Trainer(
        max_epochs=2,
        logger=logger,
        log_every_n_steps=2,
        accelerator="cpu",
        callbacks=[ModelCheckpoint(dirpath=f"saved-{log_model}", monitor="val/loss", save_top_k=2)],
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(Line(), data, data)
    logger.log_table("lines", columns=["x", "text"], data=[[1, "one"], [2, "two"]])
    logger.log_text("texts", columns=["text"], data=[["first"], ["second"]])
    logger.log_image("pictures", images=[torch.arange(48, dtype=torch.uint8).reshape(3, 4, 4)], caption=["ramp"])
    logger.experiment.finish()
