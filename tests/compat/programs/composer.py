"""composer 0.32, `WandBLogger`."""

import wandb
from wandb.errors import CommError

assert issubclass(CommError, wandb.Error)
wandb.init(project="llm", name="rank0", group=None, entity=None)
wandb.config.update({"seed": 17})
for step in range(3):
    wandb.log({"loss/train/total": step}, step)
assert wandb.run.get_url() is None
assert wandb.run.dir
assert wandb.run.project == "llm"
wandb.finish(1)
