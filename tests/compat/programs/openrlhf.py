"""openrlhf 0.11 and paddlenlp 2.8: the old internal api decides about a login."""

import wandb

if not wandb.api.api_key:
    wandb.login(key="0123456789abcdef0123456789abcdef01234567")
assert wandb.api.api_key
wandb.init(entity=None, project="rlhf", group="g", name="n", config={"a": 1}, reinit=True)
wandb.define_metric("train/global_step")
wandb.define_metric("train/*", step_metric="train/global_step", step_sync=True)
for step in range(3):
    wandb.log({"train/loss": 1.0, "train/global_step": step})
wandb.finish()
