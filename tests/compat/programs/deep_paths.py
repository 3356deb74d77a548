"""diffusion_policy and gpt-neox: private paths."""

import wandb
import wandb.sdk.data_types.video as wv
from wandb.sdk.lib import runid

assert len(wv.util.generate_id()) == 8
assert len(runid.generate_id()) == 8
wandb.init(project="neox", group=runid.generate_id(), force=False, entity=None)
for step in range(3):
    wandb.log({"train/lm_loss": 1.0}, step=step)
wandb.finish()
