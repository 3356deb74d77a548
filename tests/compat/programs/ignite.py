"""ignite 0.5 and skorch 1.4: the whole module by attribute."""

import wandb

wandb_module = wandb
wandb_module.init(project="ignite")
wandb_module.config.update({"max_epochs": 3})
for step in range(3):
    getattr(wandb_module, "log")({"loss": step}, step=step, sync=None)
assert wandb_module.run.dir
assert int(wandb_module.__version__.split(".")[1]) >= 13
wandb_module.finish()
