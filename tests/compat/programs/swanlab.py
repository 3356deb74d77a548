"""swanlab 0.10, `sync_wandb`: it replaces methods of the classes that are really called."""

import wandb
from wandb.sdk import wandb_config, wandb_run

seen = []


def recording(owner, name):
    """Replace a method by one that notes its call."""
    original = getattr(owner, name)

    def call(self, *arguments, **options):
        seen.append(name)
        return original(self, *arguments, **options)

    setattr(owner, name, call)


for owner, name in ((wandb_run.Run, "log"), (wandb_run.Run, "finish"), (wandb_config.Config, "update")):
    recording(owner, name)
wandb.init(project="swan")
wandb.config.update({"a": 1})
for step in range(3):
    wandb.log({"loss": step})
wandb.finish()
assert {"log", "finish", "update"} <= set(seen)
