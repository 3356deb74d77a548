"""Programs that take wandb's own callbacks: stable-baselines3, keras, xgboost, lightgbm, catboost, fastai."""

import wandb
from wandb.integration.keras import WandbMetricsLogger, WandbModelCheckpoint
from wandb.integration.sb3 import WandbCallback
from wandb.keras import WandbCallback as KerasCallback
from wandb.lightgbm import wandb_callback

names = (WandbMetricsLogger, WandbModelCheckpoint, WandbCallback, KerasCallback)
assert all(isinstance(name, type) for name in names)
run = wandb.init(project="sb3", sync_tensorboard=False, monitor_gym=False, save_code=True)
assert callable(wandb_callback())
for refused in (WandbCallback,):
    try:
        refused()
    except wandb.UsageError as error:
        assert "not implemented in this version" in str(error)  # noqa: PT017 -- a program, not a test
    else:
        raise SystemExit("something was built: move it to a test of its own")
for step in range(3):
    run.log({"rollout/ep_rew_mean": step})
run.finish()
