"""Gym: the videos that its recorders make are logged as videos of a run.

`video_recorders` wraps the recorders of gym, gymnasium and Stable-Baselines3. Nothing here needs them. May import
`wandb_nb.data` and what is below it. Next: `wandb_nb.tensorboard`, which follows writers in the same way.
"""

from wandb_nb.gym.video_recorders import monitor, unmonitor

__all__ = ["monitor", "unmonitor"]
