"""cleanrl: an own id, code saved, resuming by the environment."""

import argparse

import wandb
from wandb.util import generate_id

arguments = argparse.Namespace(env_id="CartPole-v1", seed=1)
run = wandb.init(
    project="cleanRL",
    entity=None,
    sync_tensorboard=False,
    config=vars(arguments),
    name="CartPole__1",
    monitor_gym=False,
    save_code=True,
    id=generate_id(),
    resume="allow",
    settings=wandb.Settings(_disable_stats=True),
)
assert len(run.id) == 8
for step in range(3):
    run.log({"charts/episodic_return": step, "global_step": step})
run.finish()
