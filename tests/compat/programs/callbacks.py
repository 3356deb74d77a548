"""Programs that take wandb's own callbacks: stable-baselines3, keras, xgboost, lightgbm, catboost, fastai."""

import wandb
from wandb.integration.keras import WandbMetricsLogger, WandbModelCheckpoint
from wandb.catboost import WandbCallback
from wandb.keras import WandbCallback as KerasCallback
from wandb.lightgbm import wandb_callback

names = (WandbMetricsLogger, WandbModelCheckpoint, WandbCallback, KerasCallback)
assert all(isinstance(name, type) for name in names)
run = wandb.init(project="sb3", sync_tensorboard=False, monitor_gym=False, save_code=True)
assert all(callable(make) for make in (wandb_callback, WandbCallback))
assert wandb_callback() and WandbCallback()
for step in range(3):
    run.log({"rollout/ep_rew_mean": step})
run.finish()
