"""fastai 2.8, `WandbCallback`: it numbers its steps from those of the run."""

import wandb

wandb.init(project="fastai")
wandb.config.update({"learner": {"bs": 64}}, allow_val_change=True)
start = wandb.run.step
for batch in range(3):
    wandb.log({"epoch": batch / 3, "train_loss": 1.0}, step=start + batch + 1)
wandb.run.summary["epoch"] = 1
wandb.log({})
wandb.run.finish()
