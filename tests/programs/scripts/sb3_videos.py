"""Stable-Baselines3's recorder with monitor_gym: the clips of a vectorised environment."""

import wandb
from stable_baselines3.common.env_util import make_vec_env
from stable_baselines3.common.vec_env import VecVideoRecorder

with wandb.init(project="programs", name="clips", monitor_gym=True) as run:
    environment = make_vec_env("CartPole-v1", n_envs=2, seed=0)
    environment = VecVideoRecorder(environment, "videos", lambda step: step % 20 == 0, video_length=10)
    environment.reset()
    for step in range(40):
        _, rewards, _, _ = environment.step([0, 1])
        run.log({"reward": float(rewards.sum()), "frame": step})
    environment.close()
