"""Stable-Baselines3 with wandb's callback: hyperparameters, rows between, saved models."""

import gymnasium
import wandb
from stable_baselines3 import PPO
from stable_baselines3.common.callbacks import BaseCallback
from wandb.integration.sb3 import WandbCallback


class Steps(BaseCallback):
    """Logs a row for each rollout."""

    def _on_step(self):
        return True

    def _on_rollout_end(self):
        wandb.log({"timesteps": self.num_timesteps})


def algorithm():
    """Return a small agent."""
    options = {"n_steps": 32, "batch_size": 16, "n_epochs": 1, "policy_kwargs": {"net_arch": [4]}}
    return PPO("MlpPolicy", gymnasium.make("CartPole-v1"), seed=0, device="cpu", **options)


with wandb.init(project="programs", name="ppo", config={"gamma": 0.9, "total": 96}):
    callback = WandbCallback(model_save_path="models", model_save_freq=40)
    algorithm().learn(96, callback=[Steps(), callback])
with wandb.init(project="programs", name="config only"):
    algorithm().learn(32, callback=WandbCallback(verbose=2))
